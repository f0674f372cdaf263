import { type Draft, numberFrom } from "../form";
import { type Bar, bars, drawnFrom, foundAt, isAbout, isAbove, type Subject } from "../thresholds";
import type { Field, Preview } from "../types";
import { useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";
import { Progress } from "./Progress";

const HEIGHT = 44;
/** A bar of one pair is to be seen. */
const LOWEST_BAR = 2;

interface HistogramProps {
  counted: Bar[];
  threshold: number;
  label: string;
}

function Histogram({ counted, threshold, label }: HistogramProps) {
  const t = useT();
  const first = counted[0];
  const last = counted.at(-1);
  if (!first || !last) return null;
  const x = (value: number): number => (100 * (value - first.from)) / (last.to - first.from);
  return (
    <>
      <svg
        class="histogram"
        viewBox={`0 0 100 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        data-testid="histogram"
      >
        {counted.map((bar) => {
          const height = bar.pairs > 0 ? LOWEST_BAR + bar.height * (HEIGHT - LOWEST_BAR) : 0;
          return (
            <rect
              key={bar.from}
              class={isAbove(bar, threshold) ? "above" : "below"}
              x={x(bar.from)}
              y={HEIGHT - height}
              width={x(bar.to) - x(bar.from)}
              height={height}
            >
              <title>
                {t("ui.histogram_bar", {
                  pairs: t.number(bar.pairs),
                  from: t.similarity(bar.from),
                  to: t.similarity(bar.to),
                })}
              </title>
            </rect>
          );
        })}
        {threshold >= first.from && (
          <line class="threshold" x1={x(threshold)} x2={x(threshold)} y1={0} y2={HEIGHT} />
        )}
      </svg>
      <div class="histogram-axis" aria-hidden="true">
        <span>{t.similarity(first.from)}</span>
        <span>{t("ui.histogram")}</span>
        <span>{t.similarity(last.to)}</span>
      </div>
    </>
  );
}

/** What the threshold would find, before anything is made; follows the field as it moves. */
function Counts({ preview, threshold }: { preview: Preview; threshold: number }) {
  const t = useT();
  const counted = bars(preview, drawnFrom(threshold));
  const found = foundAt(preview, threshold);
  const from = t.similarity(found?.threshold ?? preview.thresholds[0] ?? 0);
  const sentence = found
    ? t("ui.would_find", {
        threshold: from,
        groups: t("ui.groups", { n: found.groups }),
        images: t("ui.images", { n: found.images }),
      })
    : t("ui.counted_from", { floor: from });
  const pairs = t.number(found?.pairs ?? preview.pairs[0] ?? 0);
  const label = t("ui.histogram_label", { pairs, threshold: from });
  return (
    <>
      <b class="would-find" role="status" data-testid="would-find">
        {sentence}
      </b>
      <Histogram counted={counted} threshold={threshold} label={label} />
    </>
  );
}

interface Props {
  functionName: string;
  field: Field;
  node: number;
  draft: Draft;
  inputId: string;
}

/** Below a threshold of a form: a button that counts, then what was counted. */
export function ThresholdPanel({ functionName, field, node, draft, inputId }: Props) {
  const view = useView();
  const t = useT();
  const preview = useShared((state) => state.preview);
  const job = useShared((state) => state.job);
  const subject: Subject = {
    function: functionName,
    parameter: field.name,
    node,
    vec_type: draft.vec_type ? String(draft.vec_type) : null,
  };
  const threshold = numberFrom(String(draft[field.name]));
  const explore = (): void => {
    // The button goes away; what one does next is to move the threshold.
    document.getElementById(inputId)?.focus();
    void view.ask("preview", subject);
  };
  return (
    <div class="threshold-panel">
      {isAbout(preview, subject) ? (
        <Counts preview={preview} threshold={threshold} />
      ) : job?.kind === "preview" ? (
        <div class="exploring">
          <Progress job={job} label={t("jobs.preview")} cancelId="cancel-preview" />
        </div>
      ) : (
        <button
          type="button"
          data-testid="explore"
          title={t("ui.explore_help")}
          disabled={job !== null}
          onClick={explore}
        >
          <Icon name="histogram" size={14} />
          {t("ui.explore")}
        </button>
      )}
    </div>
  );
}
