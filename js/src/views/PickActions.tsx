import { inverted } from "../selection";
import { activeCells } from "../store";
import type { TreeNode } from "../types";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";

/** Similar images and the inverse: of the selection, or of a cluster by pointer. */
export function PickActions({ node }: { node?: TreeNode }) {
  const view = useView();
  const t = useT();
  const hasVectors = useShared((state) => state.info.has_vectors);
  const { session } = view;
  const invert = (): void => {
    const state = session.sharedState.get();
    const rows = node ? state.order.subarray(node.start, node.stop) : activeCells(state).all;
    session.setSelected(inverted(state.selected, rows));
  };
  const tabIndex = node ? -1 : 0; // a whole list of headers has them, and the tree has the keys
  return (
    <>
      <IconButton
        small
        icon="similar"
        label={t(node ? "ui.similar_to_cluster" : "ui.similar_to_selection")}
        data-testid="find-similar"
        tabIndex={tabIndex}
        disabled={!hasVectors || node?.kind === "without_vector"}
        onClick={() => view.viewState.set({ similarTo: node ? { node: node.id } : {} })}
      />
      <IconButton
        small
        icon="invert"
        label={t("ui.invert")}
        data-testid="invert"
        tabIndex={tabIndex}
        onClick={invert}
      />
    </>
  );
}
