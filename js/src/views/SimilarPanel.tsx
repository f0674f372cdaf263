import { useEffect, useRef, useState } from "../dom/hooks";
import { consume } from "../events";
import { isSelected, toggleRows, withRows } from "../selection";
import type { Query, Similar } from "../types";
import { cellMark } from "./GridCell";
import { usePictures, useShared, useT, useView } from "./hooks";
import { useAnswer } from "./useAnswer";

const SIZE = 128;
/** Who walks on to the next image does not ask about each on the way. */
const PAUSE_MS = 150;
const NOTHING: Similar = { rows: [], similarity: [], percentile: [] };

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

/** Images similar to one, to a cluster or to the selection. */
export function SimilarPanel({ query, onOpen }: { query: Query; onOpen(row: number): void }) {
  const { reply, failed } = useAnswer<Similar>("similar", query, PAUSE_MS);
  return <Ranked found={reply?.result} failed={failed} onOpen={onOpen} />;
}

interface RankedProps {
  /** Undefined while they come. */
  found: Similar | undefined;
  failed?: string;
  onOpen(row: number): void;
}

/** Images with how similar they are, the most similar first: the keys are those of the grid. */
export function Ranked({ found, failed = "", onOpen }: RankedProps) {
  const view = useView();
  const t = useT();
  const list = useRef<HTMLDivElement>(null);
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
    if (row === undefined) return;
    if (next !== null) {
      setFocus(next);
      options[next]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.key === "Enter") onOpen(row);
    else if (event.key === " ") toggle(row);
    else return;
    consume(event);
  };

  return (
    <section class="similar" data-testid="similar-panel">
      <div class="similar-title">
        <span role="status">
          {failed || (found ? t("ui.similar_found", { n: rows.length }) : t("ui.loading"))}
        </span>
        {rows.length > 0 && (
          <button
            type="button"
            data-testid="select-similar"
            onClick={() => view.session.setSelected(withRows(selected, rows, true))}
          >
            {t("ui.select_all")}
          </button>
        )}
      </div>
      <div
        ref={list}
        class="similar-list"
        role="listbox"
        tabIndex={0}
        aria-label={t("ui.similar")}
        aria-multiselectable="true"
        aria-busy={!found && !failed}
        aria-activedescendant={rows.length > 0 ? `${view.uid}-similar-${focus}` : undefined}
        onKeyDown={onKey}
      >
        {rows.map((row, i) => {
          const facts = {
            similarity: t.similarity(similarity[i] as number),
            percentile: t.number(Math.floor((percentile[i] as number) * 10) / 10),
          };
          const label = t("ui.similar_label", facts);
          const chosen = isSelected(selected, row);
          const classes = `similar-image${chosen ? " selected" : ""}${i === focus ? " focused" : ""}`;
          return (
            <div
              key={row}
              id={`${view.uid}-similar-${i}`}
              class={classes}
              role="option"
              aria-selected={chosen}
              aria-label={label}
              title={label}
              data-testid="similar-image"
              data-index={row}
              onClick={() => onOpen(row)}
            >
              <img src={picture(row) || undefined} alt="" draggable={false} />
              {cellMark("check", t("ui.select_image"), (event) => {
                event.stopPropagation();
                toggle(row);
              })}
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
