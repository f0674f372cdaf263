import { useMemo, useState } from "../dom/hooks";
import { destinations, merge, moveTo, moveToNew } from "../edits";
import { enteredIn } from "../events";
import { matching } from "../moves";
import { nodeName, readablePath } from "../names";
import { lineage } from "../tree";
import type { TreeNode } from "../types";
import type { Choosing } from "../view";
import { Combobox } from "./Combobox";
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

/** Which cluster something goes to, found by typing a part of its path. */
export function ClusterPicker({ choosing, onClose }: { choosing: Choosing; onClose(): void }) {
  const { what, cargo, anchor } = choosing;
  const view = useView();
  const t = useT();
  const count = useShared((state) => state.selected.count);
  const [typed, setTyped] = useState("");
  const [picked, setPicked] = useState(0);
  const entries = useEntries(choosing, typed);
  const take = ({ node }: Entry): void => {
    onClose();
    if (!node) void moveToNew(view, cargo, typed.trim());
    else if (what === "merge") void merge(view, [node.id, ...cargo.nodes]);
    else void moveTo(view, cargo, node.id);
  };
  const type = (text: string): void => {
    setTyped(text);
    // Who types the name of a cluster means that one, not a second of its name.
    setPicked(text.trim() && entries[0]?.node === null ? 1 : 0);
  };
  const at = Math.min(picked, entries.length - 1);
  const n = cargo.nodes.length || (cargo.row === null ? count : 1);
  const things = t(cargo.nodes.length > 0 ? "ui.clusters" : "ui.images", { n });
  const label = t(what === "merge" ? "ui.merge_what" : "ui.move_what", { things });
  return (
    <Popover anchor={anchor} label={label} onClose={onClose}>
      <b class="picker-title">{label}</b>
      <div class="picker">
        <Combobox
          id={`${view.uid}-choice`}
          input={{
            "aria-label": t("ui.find_cluster"),
            placeholder: t("ui.find_cluster"),
            value: typed,
            "data-testid": "find-cluster",
            onInput: (event) => type(enteredIn(event)),
          }}
          options={entries}
          at={at}
          listClass="choices-list"
          listLabel={t("ui.tree")}
          describe={({ node, name, path, indent }) => ({
            key: node?.id ?? "new",
            title: path,
            style: { paddingLeft: `${indent}px` },
            "data-testid": node ? "choice" : "new-cluster",
            children: [
              <span key="name">{name}</span>,
              <small key="images">{node && t("ui.images", { n: node.rows })}</small>,
            ],
          })}
          onMove={(to) => setPicked((to + entries.length) % Math.max(1, entries.length))}
          onTake={take}
        />
        {entries.length === 0 && <small class="muted">{t("ui.no_cluster_found")}</small>}
      </div>
    </Popover>
  );
}
