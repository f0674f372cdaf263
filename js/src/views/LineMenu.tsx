import { act, chosen, now, sortClusters } from "../edits";
import type { Translator } from "../i18n";
import { isLocked } from "../moves";
import { nodeName } from "../names";
import { isLeaf, type KeyAction } from "../tree";
import type { Choosing, View } from "../view";
import { useShared, useT, useView } from "./hooks";
import { Menu, type MenuItem } from "./Menu";
import { useCommands } from "./useCommands";

/** What the menu offers for a line, or for all marked ones if it is one of them. */
function itemsFor(view: View, t: Translator, { cargo, anchor }: Choosing): MenuItem[] {
  const id = cargo.nodes[0] as number;
  const { tree, job } = now(view);
  const node = tree.byId.get(id);
  if (!node) return [];
  const nodes = chosen(view, id);
  const several = nodes.length > 1;
  const free = !isLocked(tree, id);
  const busy = job !== null;
  const item = (action: KeyAction, label: string, detail: string): MenuItem => ({
    id: action,
    label,
    detail,
    disabled: busy && action !== "rename" && action !== "save",
    run: () => act(view, id, action, anchor),
  });
  const sort = (by: string): MenuItem => ({
    id: `sort-${by}`,
    label: t(`ui.sort_${by}`),
    disabled: busy,
    run: () => void sortClusters(view, id, by),
  });
  const items: MenuItem[] = [];
  if (free && node.kind !== "root") {
    items.push(
      item("move", t("ui.move_to"), "M"),
      item("merge", t(several ? "ui.merge" : "ui.merge_into", { n: nodes.length }), "J"),
    );
  }
  if (several) return items;
  if (node.kind === "group") {
    items.push(
      item("rename", t("ui.rename_cluster"), "F2"),
      item("lock", t(node.locked ? "ui.unlock" : "ui.lock"), "L"),
    );
  }
  if (isLeaf(tree, id)) return items;
  items.push(
    ...["score", "size", "name"].map(sort),
    item("save", t("ui.save_from", { name: nodeName(t, node) }), "S"),
  );
  if (free) items.push(item("close", t("ui.close_clusters"), t("ui.key_delete")));
  return items;
}

export function LineMenu({ choosing, onClose }: { choosing: Choosing; onClose(): void }) {
  const view = useView();
  const t = useT();
  useShared((state) => state.job); // what can be done changes with it
  const node = choosing.cargo.nodes[0] as number;
  const one = chosen(view, node).length < 2;
  const items = [
    ...itemsFor(view, t, choosing),
    ...useCommands("node", node, one ? choosing.anchor : null),
  ];
  if (items.length === 0) return null;
  return <Menu anchor={choosing.anchor} label={t("ui.actions")} items={items} onClose={onClose} />;
}
