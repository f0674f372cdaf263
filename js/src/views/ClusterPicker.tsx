import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { destinations, merge, moveTo, moveToNew } from "../edits";
import { matching } from "../moves";
import { nodeName, readablePath } from "../names";
import { lineage } from "../tree";
import type { TreeNode } from "../types";
import type { Choosing } from "../view";
import { useShared, useT, useView } from "./hooks";
import { Popover } from "./Popover";

/** More lines than this are found by typing. */
const MOST = 300;

interface Entry {
  /** null: a new cluster. */
  node: TreeNode | null;
  name: string;
  /** Where it stands, for the ones of equal names. */
  path: string;
  indent: number;
}

function useEntries({ what, cargo }: Choosing, typed: string): Entry[] {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const all = useMemo(() => {
    if (what === "menu") return [];
    return destinations(view, cargo, what).map((id): Entry => {
      const node = tree.byId.get(id) as TreeNode;
      const indent = 6 + 10 * Math.max(0, lineage(tree, id).length - 2);
      return { node, name: nodeName(t, node), path: readablePath(t, tree, id), indent };
    });
  }, [view, t, tree, what, cargo]);
  // Clusters that stand elsewhere are moved; a new one is made of images, or of what is left over.
  const [only, ...others] = cargo.nodes.map((id) => tree.byId.get(id)?.kind);
  const canBeNew = what === "move" && (!only || (only !== "group" && others.length === 0));
  const name = typed.trim();
  const fresh = name ? t("ui.new_cluster_named", { name }) : t("ui.new_cluster");
  const found = matching(all, ({ path }) => path, typed);
  const entries = canBeNew ? [{ node: null, name: fresh, path: "", indent: 6 }, ...found] : found;
  return entries.slice(0, MOST);
}

function Picker({ choosing, onClose }: { choosing: Choosing; onClose(): void }) {
  const { what, cargo } = choosing;
  const view = useView();
  const t = useT();
  const [typed, setTyped] = useState("");
  const [picked, setPicked] = useState(0);
  const entries = useEntries(choosing, typed);
  const list = useRef<HTMLDivElement>(null);
  const id = (at: number): string => `${view.uid}-choice-${at}`;
  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [picked, typed]);
  const take = (entry: Entry | undefined): void => {
    if (!entry) return;
    onClose();
    if (!entry.node) void moveToNew(view, cargo, typed.trim());
    else if (what === "merge") void merge(view, [entry.node.id, ...cargo.nodes]);
    else void moveTo(view, cargo, entry.node.id);
  };
  const type = (text: string): void => {
    setTyped(text);
    // Who types the name of a cluster means that one, not a second of its name.
    setPicked(text.trim() && entries[0]?.node === null ? 1 : 0);
  };
  const at = Math.min(picked, entries.length - 1);
  return (
    <div class="picker">
      <input
        type="text"
        role="combobox"
        aria-label={t("ui.find_cluster")}
        placeholder={t("ui.find_cluster")}
        aria-expanded="true"
        aria-controls={`${view.uid}-choices`}
        aria-activedescendant={at >= 0 ? id(at) : undefined}
        spellcheck={false}
        value={typed}
        data-testid="find-cluster"
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) setPicked((at + step + entries.length) % Math.max(1, entries.length));
          else if (event.key === "Enter") take(entries[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div
        ref={list}
        id={`${view.uid}-choices`}
        class="choices-list"
        role="listbox"
        aria-label={t("ui.tree")}
      >
        {entries.map((entry, i) => (
          <div
            key={entry.node?.id ?? "new"}
            id={id(i)}
            role="option"
            aria-selected={i === at}
            title={entry.path}
            style={{ paddingLeft: `${entry.indent}px` }}
            data-testid={entry.node ? "choice" : "new-cluster"}
            onClick={() => take(entry)}
          >
            <span>{entry.name}</span>
            <small>{entry.node ? t("ui.images", { n: entry.node.rows }) : null}</small>
          </div>
        ))}
      </div>
      {entries.length === 0 ? <small class="muted">{t("ui.no_cluster_found")}</small> : null}
    </div>
  );
}

/** Which cluster something goes to, found by typing a part of its path. */
export function ClusterPicker({ choosing, onClose }: { choosing: Choosing; onClose(): void }) {
  const { what, cargo, anchor } = choosing;
  const t = useT();
  const count = useShared((state) => state.selected.count);
  const n = cargo.nodes.length || (cargo.row === null ? count : 1);
  const things = t(cargo.nodes.length > 0 ? "ui.clusters" : "ui.images", { n });
  const label = t(what === "merge" ? "ui.merge_what" : "ui.move_what", { things });
  return (
    <Popover anchor={anchor} label={label} onClose={onClose}>
      <b class="picker-title">{label}</b>
      <Picker choosing={choosing} onClose={onClose} />
    </Popover>
  );
}
