import { useLayoutEffect, useRef, useState } from "../dom/hooks";
import { nodeName } from "../names";
import { rowsOf } from "../piles";
import { areSelected, toggleRows } from "../selection";
import { activeCells } from "../store";
import type { Details, Query } from "../types";
import { Facts, type Shown, useDetails } from "./details";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon, type IconName } from "./icons";
import { SimilarPanel } from "./SimilarPanel";
import { StampForm } from "./StampForm";
import { TagButton } from "./TagButton";
import { TagKeys } from "./TagKeys";
import { handleTagKey } from "./tagActions";

/** Small images are shown larger than they are, but not so large that they are only squares. */
const MOST_ENLARGED = 5;

function imageStyle({ width, height }: Details): Record<string, string> | undefined {
  const most = (side: number): string => `min(100%, ${side * MOST_ENLARGED}px)`;
  return width && height ? { width: most(width), height: most(height) } : undefined;
}

function Picture({ row, shown, failed }: { row: number; shown: Shown | null; failed: string }) {
  const view = useView();
  const t = useT();
  const reason = shown?.details.missing;
  const note = reason
    ? t("ui.file_missing_reason", { reason })
    : failed || (shown && !shown.url && t("ui.file_missing"));
  // A file that is gone is still known by its thumbnail.
  const full = shown?.url;
  const url = full ?? view.session.thumbnails.get(row, 256);
  return (
    <div class="large-image">
      {url && (
        <img
          src={url}
          alt={shown?.details.label ?? ""}
          class={full ? "" : "preview"}
          style={full ? imageStyle(shown.details) : undefined}
        />
      )}
      {(note || !url) && (
        <span class={url ? "failed-note over" : "failed-note"} data-testid="large-note">
          {note && <Icon name="missing" size={32} />}
          {note || t("ui.loading")}
        </span>
      )}
    </div>
  );
}

/** What one looks at: an image of the grid, or another one that one came to through similar ones. */
function useSubject(at: number | null, query: Query | null) {
  const view = useView();
  const cells = activeCells(view.session.sharedState.get());
  const [trail, setTrail] = useState<number[]>([]);
  const visited = trail.at(-1);
  const inGrid = visited === undefined && at !== null;
  const row = visited ?? (at === null ? query?.row : cells.rows[at]);
  const canGo = (step: number): boolean => at !== null && at + step in cells.rows;
  return {
    ...{ row, count: cells.rows.length, inGrid, canGoBack: trail.length > 0 },
    /** All rows of the pile, when it is one. */
    rows: inGrid ? rowsOf(cells, at) : row === undefined ? [] : [row],
    open: (other: number): void => setTrail([...trail, other]),
    back: (): void => setTrail(trail.slice(0, -1)),
    canGo,
    go(step: number): void {
      if (at === null || !canGo(step)) return;
      setTrail([]);
      view.viewState.set({ large: at + step, gridFocus: at + step });
    },
  };
}

function Dialog({ at, query }: { at: number | null; query: Query | null }) {
  const view = useView();
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const selected = useShared((state) => state.selected);
  const { row, rows, count, inGrid, canGoBack, open, back, canGo, go } = useSubject(at, query);
  const [similar, setSimilar] = useState(query !== null);
  const { shown, failed } = useDetails(row);
  const node = useShared((state) => state.tree.byId.get(query?.node ?? -1));
  const asked = node
    ? t("ui.similar_to", { name: nodeName(t, node) })
    : t("ui.similar_to_selection");
  const title = row === undefined ? asked : (shown?.details.label ?? "");

  useLayoutEffect(() => {
    const element = dialog.current as HTMLDialogElement;
    const before = document.activeElement as HTMLElement | null;
    element.showModal();
    element.focus();
    return () => before?.focus();
  }, []);

  const close = (): void => view.viewState.set({ large: null, similarTo: null });
  const subject = { row, next: () => go(1) };
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if ((event.target as HTMLElement).closest("input:not([type=checkbox]), select, .popover"))
      return;
    if (row !== undefined && handleTagKey(view, event, subject)) event.preventDefault();
    else if (event.altKey && event.key === "ArrowLeft") {
      event.preventDefault(); // nor does the page go back
      back();
    } else if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
  };

  const arrow = (step: number, icon: IconName, label: string) => (
    <IconButton icon={icon} label={t(label)} disabled={!canGo(step)} onClick={() => go(step)} />
  );

  return (
    <dialog
      ref={dialog}
      class="large-view"
      tabIndex={-1}
      aria-label={t("ui.large_view")}
      data-testid="large-view"
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={onKey}
    >
      <div
        class={`large-frame${similar ? " with-similar" : ""}${row === undefined ? " alone" : ""}`}
      >
        <div class="large-header">
          {canGoBack && <IconButton icon="back" label={t("ui.back")} onClick={back} />}
          <b title={title}>{title}</b>
          <span class="muted">
            {inGrid && t("ui.position", { n: (at ?? 0) + 1, total: count })}
          </span>
          {row !== undefined && (
            <>
              <label class="large-select">
                <input
                  type="checkbox"
                  checked={areSelected(selected, rows)}
                  onChange={() => view.session.setSelected(toggleRows(selected, rows))}
                />
                {t("ui.select_image")}
              </label>
              <TagButton
                label={t("ui.with_key", { label: t("ui.stamp_image"), key: "T" })}
                testId="open-stamp"
                target={{ row }}
              />
              <button
                type="button"
                aria-expanded={similar}
                data-testid="similar"
                onClick={() => setSimilar(!similar)}
              >
                <Icon name="similar" size={14} />
                {t("ui.similar")}
              </button>
            </>
          )}
          {at !== null && (
            <>
              {arrow(-1, "left", "ui.previous")}
              {arrow(1, "right", "ui.next")}
            </>
          )}
          <IconButton icon="close" label={t("ui.close")} onClick={close} />
        </div>
        {row !== undefined && (
          <>
            <Picture row={row} shown={shown} failed={failed} />
            <aside>
              <TagKeys subject={subject} />
              {shown && <Facts details={shown.details} onOpen={open} />}
            </aside>
          </>
        )}
        {similar && (
          <SimilarPanel query={row === undefined ? (query as Query) : { row }} onOpen={open} />
        )}
      </div>
      <StampForm />
    </dialog>
  );
}

export function LargeView() {
  const at = useLocal((state) => state.large);
  const query = useLocal((state) => state.similarTo);
  return at === null && query === null ? null : <Dialog at={at} query={query} />;
}
