import { useEffect, useRedraw } from "../dom/hooks";
import type { TreeNode } from "../types";
import { useT, useView } from "./hooks";

const SIZE = 64;

/** What the cluster is at a glance: its most typical image, and those farthest from its centre. */
export function Strip({ node: { entry } }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  const redraw = useRedraw();
  const { strips, thumbnails } = view.session;
  useEffect(() => strips.show(entry, () => redraw()), [strips, entry]);
  const rows = strips.get(entry);
  return rows.length > 0 ? (
    <span class="strip" data-testid="strip">
      {rows.map((row, i) => {
        const url = thumbnails.get(row, SIZE);
        const label = t(i === 0 ? "ui.most_typical" : "ui.farthest");
        return (
          <button
            key={row}
            type="button"
            tabIndex={-1}
            title={label}
            aria-label={label}
            data-row={row}
            onClick={(event) => {
              event.stopPropagation();
              view.viewState.set({ similarTo: { row } });
            }}
          >
            {url && <img src={url} alt="" draggable={false} />}
          </button>
        );
      })}
    </span>
  ) : null;
}
