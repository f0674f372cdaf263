import { useEffect, useRef, useState } from "preact/hooks";
import { isSelected, toggleRows, withRows } from "../selection";
import type { Query, Similar } from "../types";
import { usePictures, useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";

const SIZE = 128;
/** Who walks on to the next image does not ask about each on the way. */
const PAUSE_MS = 150;
const NOTHING: Similar = { rows: [], similarity: [], percentile: [] };

/** The images found, most similar first; null while they come. */
function useSimilar(query: Query): { found: Similar | null; failed: string } {
  const view = useView();
  const [answer, setAnswer] = useState<{ key: string; found: Similar; failed: string }>();
  const key = JSON.stringify(query);
  useEffect(() => {
    let current = true;
    const give = (found: Similar, failed = ""): void => {
      if (current) setAnswer({ key, found, failed });
    };
    const timer = setTimeout(() => {
      view.session.rpc.request<Similar>("similar", JSON.parse(key)).then(
        ({ result }) => give(result),
        (problem) => give(NOTHING, view.errorText(problem)),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [view, key]);
  if (answer?.key !== key) return { found: null, failed: "" };
  return { found: answer.found, failed: answer.failed };
}

/** Where a key leads in lines of equally large options; null when it means nothing here. */
function target(key: string, at: number, options: HTMLElement[]): number | null {
  const line = options.findIndex((option) => option.offsetTop !== options[0]?.offsetTop);
  const steps: Record<string, number> = {
    ...{ ArrowLeft: -1, ArrowRight: 1, Home: -options.length, End: options.length },
    ...{ ArrowUp: line < 0 ? -1 : -line, ArrowDown: line < 0 ? 1 : line },
  };
  const step = steps[key];
  return step === undefined ? null : Math.max(0, Math.min(options.length - 1, at + step));
}

/** Images similar to one, to a cluster or to the selection: the keys are those of the grid. */
export function SimilarPanel({ query, onOpen }: { query: Query; onOpen(row: number): void }) {
  const view = useView();
  const t = useT();
  const list = useRef<HTMLDivElement>(null);
  const { found, failed } = useSimilar(query);
  const { rows, similarity, percentile } = found ?? NOTHING;
  const picture = usePictures(rows, SIZE);
  const selected = useShared((state) => state.selected);
  const [focus, setFocus] = useState(0);
  useEffect(() => {
    setFocus(0);
    list.current?.scrollTo(0, 0);
  }, [found]);
  const toggle = (row: number): void => view.session.setSelected(toggleRows(selected, [row]));

  const onKey = (event: KeyboardEvent): void => {
    const options = [...(list.current?.children ?? [])] as HTMLElement[];
    const next = event.altKey ? null : target(event.key, focus, options);
    const row = rows[focus];
    if (next !== null) {
      setFocus(next);
      options[next]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.key === "Enter" && row !== undefined) onOpen(row);
    else if (event.key === " " && row !== undefined) toggle(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section class="similar" data-testid="similar-panel">
      <div class="similar-title">
        <span role="status">
          {failed || (found ? t("ui.similar_found", { n: rows.length }) : t("ui.loading"))}
        </span>
        {rows.length > 0 ? (
          <button
            type="button"
            data-testid="select-similar"
            onClick={() => view.session.setSelected(withRows(selected, rows, true))}
          >
            {t("ui.select_all")}
          </button>
        ) : null}
      </div>
      <div
        ref={list}
        class="similar-list"
        role="listbox"
        tabIndex={0}
        aria-label={t("ui.similar")}
        aria-multiselectable="true"
        aria-busy={found === null}
        aria-activedescendant={rows.length > 0 ? `${view.uid}-similar-${focus}` : undefined}
        onKeyDown={onKey}
      >
        {rows.map((row, i) => {
          const facts = {
            similarity: t.similarity(similarity[i] as number),
            percentile: t.number(Math.floor((percentile[i] as number) * 10) / 10),
          };
          const chosen = isSelected(selected, row);
          const classes = `similar-image${chosen ? " selected" : ""}${i === focus ? " focused" : ""}`;
          return (
            <div
              key={row}
              id={`${view.uid}-similar-${i}`}
              class={classes}
              role="option"
              aria-selected={chosen}
              aria-label={t("ui.similar_label", facts)}
              title={t("ui.similar_label", facts)}
              data-testid="similar-image"
              data-index={row}
              onClick={() => onOpen(row)}
            >
              <img src={picture(row) || undefined} alt="" draggable={false} />
              <span
                class="check"
                title={t("ui.select_image")}
                onClick={(event) => {
                  event.stopPropagation();
                  toggle(row);
                }}
              >
                <Icon name="check" size={12} />
              </span>
              <small>
                {facts.similarity} · {facts.percentile} %
              </small>
            </div>
          );
        })}
      </div>
    </section>
  );
}
