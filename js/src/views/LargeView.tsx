import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { nodeName } from "../names";
import { rowsOf } from "../piles";
import { isSelected, toggleRows } from "../selection";
import { activeCells } from "../store";
import type { Details, Query } from "../types";
import { Facts, type Shown, useDetails } from "./details";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { SimilarPanel } from "./SimilarPanel";
import { StampForm } from "./StampForm";
import { TagButton } from "./TagButton";
import { TagKeys } from "./TagKeys";
import { handleTagKey } from "./tagActions";

/** Small images are shown larger than they are, but not so large that they are only squares. */
const MOST_ENLARGED = 5;

function imageStyle(details: Details | undefined): Record<string, string> | undefined {
  if (!details?.width || !details.height) return undefined;
  return {
    width: `min(100%, ${details.width * MOST_ENLARGED}px)`,
    height: `min(100%, ${details.height * MOST_ENLARGED}px)`,
  };
}

function Picture({ row, shown, failed }: { row: number; shown: Shown | null; failed: string }) {
  const view = useView();
  const t = useT();
  const reason = shown?.details.missing;
  const note = reason
    ? t("ui.file_missing_reason", { reason })
    : failed || (shown && !shown.url ? t("ui.file_missing") : "");
  // A file that is gone is still known by its thumbnail.
  const url = shown?.url ?? view.session.thumbnails.get(row, 256);
  return (
    <div class="large-image">
      {url ? (
        <img
          src={url}
          alt={shown?.details.label ?? ""}
          class={shown?.url ? "" : "preview"}
          style={shown?.url ? imageStyle(shown.details) : undefined}
        />
      ) : null}
      {note || !url ? (
        <span class={url ? "failed-note over" : "failed-note"} data-testid="large-note">
          {note ? <Icon name="missing" size={32} /> : null}
          {note || t("ui.loading")}
        </span>
      ) : null}
    </div>
  );
}

/** What one looks at: an image of the grid, or another one that one came to through similar ones. */
function useSubject(at: number | null, query: Query | null) {
  const view = useView();
  const cells = activeCells(view.session.state.get());
  const [trail, setTrail] = useState<number[]>([]);
  const visited = trail.at(-1);
  const inGrid = visited === undefined && at !== null;
  const row = visited ?? (at === null ? query?.row : cells.rows[at]);
  return {
    ...{ row, count: cells.rows.length, inGrid, canGoBack: trail.length > 0 },
    /** All rows of the pile, when it is one. */
    rows: inGrid ? rowsOf(cells, at) : row === undefined ? [] : [row],
    open: (next: number): void => setTrail([...trail, next]),
    back: (): void => setTrail(trail.slice(0, -1)),
    go(step: number): void {
      const to = (at ?? Number.NaN) + step;
      if (!(to in cells.rows)) return;
      setTrail([]);
      view.state.set({ large: to, gridFocus: to });
    },
  };
}

function useTitle(query: Query | null, shown: Shown | null): string {
  const t = useT();
  const node = useShared((state) => state.tree.byId.get(query?.node ?? -1));
  if (shown) return shown.details.label;
  if (!query || query.row !== undefined) return "";
  return node ? t("ui.similar_to", { name: nodeName(t, node) }) : t("ui.similar_to_selection");
}

function Dialog({ at, query }: { at: number | null; query: Query | null }) {
  const view = useView();
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const selected = useShared((state) => state.selected);
  const { row, rows, count, inGrid, canGoBack, open, back, go } = useSubject(at, query);
  const [similar, setSimilar] = useState(query !== null);
  const { shown, failed } = useDetails(row);
  const title = useTitle(row === undefined ? query : null, shown);

  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    element?.showModal();
    element?.focus();
    return () => before?.focus();
  }, []);

  const close = (): void => view.state.set({ large: null, similarTo: null });
  const subject = { row, next: () => go(1) };
  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if ((event.target as HTMLElement).closest("input, select, .popover")) return;
    if (row !== undefined && handleTagKey(view, event, subject)) event.preventDefault();
    else if (event.altKey && event.key === "ArrowLeft") {
      event.preventDefault(); // nor does the page go back
      if (canGoBack) back();
    } else if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
  };

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
          {canGoBack ? <IconButton icon="back" label={t("ui.back")} onClick={back} /> : null}
          <b title={title}>{title}</b>
          <span class="muted">
            {inGrid ? t("ui.position", { n: (at ?? 0) + 1, total: count }) : null}
          </span>
          {row === undefined ? null : (
            <>
              <label class="large-select">
                <input
                  type="checkbox"
                  checked={rows.every((one) => isSelected(selected, one))}
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
          {at === null
            ? null
            : ([-1, 1] as const).map((step) => (
                <IconButton
                  key={step}
                  icon={step < 0 ? "left" : "right"}
                  label={t(step < 0 ? "ui.previous" : "ui.next")}
                  disabled={at + step < 0 || at + step >= count}
                  onClick={() => go(step)}
                />
              ))}
          <IconButton icon="close" label={t("ui.close")} onClick={close} />
        </div>
        {row === undefined ? null : <Picture row={row} shown={shown} failed={failed} />}
        {row === undefined ? null : (
          <aside>
            <TagKeys subject={subject} />
            {shown ? <Facts details={shown.details} onOpen={open} /> : null}
          </aside>
        )}
        {similar ? (
          <SimilarPanel query={row === undefined ? (query as Query) : { row }} onOpen={open} />
        ) : null}
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
