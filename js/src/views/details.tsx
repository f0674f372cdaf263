import type { ComponentChildren } from "preact";
import { useMemo } from "../dom/hooks";
import { toBytes } from "../packing";
import { jpegUrl } from "../thumbnails";
import type { Details } from "../types";
import { useShared, useT } from "./hooks";
import { useAnswer } from "./useAnswer";

export interface Shown {
  details: Details;
  url: string | null;
}

/** The image and its facts; null while they come. */
export function useDetails(row: number | undefined): { shown: Shown | null; failed: string } {
  const { version } = useShared((state) => state.keys); // its tags may be others then
  const args = row === undefined ? null : { row };
  const { reply, failed } = useAnswer<Details>("details", args, 0, version);
  const shown = useMemo(
    () => reply && { details: reply.result, url: jpegUrl(toBytes(reply.buffers[0])) },
    [reply],
  );
  return { shown, failed };
}

function Fact({ name, children, ...rest }: { name: string; children: ComponentChildren }) {
  return (
    <tr {...rest}>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  );
}

export function Facts({ details, onOpen }: { details: Details; onOpen(row: number): void }) {
  const t = useT();
  const copies = details.copies ?? []; // all rows that show this image
  const size = details.width && details.height ? `${details.width} × ${details.height}` : null;
  return (
    <table>
      <tbody>
        {copies.length > 1 && (
          <Fact name={t("ui.copies", { n: copies.length })} data-testid="copies">
            {copies.map(({ row, label }) => (
              <button
                key={row}
                type="button"
                class="copy"
                aria-current={row === details.row}
                onClick={() => row !== details.row && onOpen(row)}
              >
                {label}
              </button>
            ))}
          </Fact>
        )}
        {details.nodes.map((path) => (
          <Fact key={`node-${path}`} name={t("ui.cluster")}>
            {path.replaceAll("/", " › ")}
          </Fact>
        ))}
        {size && <Fact name={t("ui.pixels")}>{size}</Fact>}
        {details.properties.map(({ name, value }) => (
          <Fact key={`property-${name}`} name={name}>
            {value}
          </Fact>
        ))}
      </tbody>
    </table>
  );
}
