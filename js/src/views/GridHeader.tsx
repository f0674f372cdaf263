import { useState } from "../dom/hooks";
import { readablePath } from "../names";
import { stateOf } from "../selection";
import { numberBeside } from "../tree";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";
import { NodeFacts } from "./NodeFacts";
import { PickActions } from "./PickActions";
import { RefuseButton } from "./RefuseButton";
import { Strip } from "./Strip";

interface Props {
  node: TreeNode;
  top: number;
  /** The copy that stays at the top while its section scrolls; hidden from screen readers. */
  pinned?: boolean;
}

/** The line over the images of one leaf: circle, path, badge, count. */
export function GridHeader({ node, top, pinned = false }: Props) {
  const view = useView();
  const t = useT();
  const tree = useShared((state) => state.tree);
  const state = useShared((shared) => stateOf(shared.counts, node.start, node.stop));
  const [over, setOver] = useState(false);
  const asking = useLocal(({ form }) => form?.node === node.id);
  const number = numberBeside(node);
  const path = readablePath(t, tree, node.id);
  return (
    <div
      class={pinned ? "grid-header pinned" : "grid-header"}
      role="presentation"
      aria-hidden="true" // a list box holds nothing but its options; the tree says the same
      data-testid={pinned ? undefined : "grid-header"}
      data-node={node.id}
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span
        class={`circle circle-${state}`}
        title={t("ui.select_cluster")}
        onClick={() => view.toggleCluster(node.id)}
      >
        {state === "all" && <Icon name="check" size={10} />}
      </span>
      <span class="name link" title={path} onClick={() => view.activate(node.id)}>
        <span class="name-text">{path}</span>
        {number && <span class="number">{number}</span>}
      </span>
      <NodeFacts node={node} />
      <RefuseButton node={node} reachable={false} />
      {(over || asking) && ( // nowhere else: headers come and go while one scrolls
        <span class="cluster-actions">
          <PickActions node={node} />
          {node.kind !== "without_vector" && <CreateButton node={node.id} compact />}
        </span>
      )}
      <Strip node={node} />
    </div>
  );
}
