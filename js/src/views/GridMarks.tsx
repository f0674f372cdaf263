import { useEffect, useState } from "../dom/hooks";
import { type Layout, positionOf } from "../layout";
import type { Rows } from "../packing";
import { useShared, useView } from "./hooks";

/** While one scrolls, nothing is asked. */
const PAUSE_MS = 60;

interface Props {
  layout: Layout;
  rows: Rows;
  /** The cells from the first to before the last are drawn. */
  first: number;
  last: number;
  /** Where the sheet begins that they stand in. */
  sheet: number;
}

/** The number keys whose tags an image has, over its cell; nothing where no key has a tag. */
export function GridMarks({ layout, rows, first, last, sheet }: Props) {
  const { session } = useView();
  const { keys, version } = useShared((state) => state.keys);
  const [marks, setMarks] = useState<Record<string, string>>({});
  const none = keys.length === 0;
  useEffect(() => {
    if (none) return;
    let current = true;
    const ask = (): void => {
      const asked = session.rpc.request<{ marks: Record<string, string> }>("marks", {
        rows: [...rows.subarray(first, last)],
      });
      asked.then(
        ({ result }) => current && setMarks(result.marks),
        () => {}, // shown without marks; whoever stamps is told what is wrong
      );
    };
    const timer = setTimeout(ask, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, rows, first, last, version, none]);
  if (none) return null;
  const colours = Object.fromEntries(keys.map(({ key, colour }) => [key, colour ?? undefined]));
  return (
    <>
      {Array.from({ length: last - first }, (_, i) => {
        const at = first + i;
        const mark = marks[String(rows[at])];
        if (!mark) return null;
        const { left, top } = positionOf(layout, at);
        const bottom = top - sheet + layout.cell;
        return (
          <span
            key={`mark-${at}`}
            class="tag-marks"
            aria-hidden="true"
            data-row={rows[at]}
            style={{ transform: `translate(${left}px,${bottom}px) translateY(-100%)` }}
          >
            {[...mark].map((key) => (
              <b key={key} style={{ background: colours[key] }}>
                {key}
              </b>
            ))}
          </span>
        );
      })}
    </>
  );
}
