import { useEffect, useState } from "preact/hooks";
import { bytesOf, jpegUrl } from "../thumbnails";
import type { Details } from "../types";
import { useShared, useT, useView } from "./hooks";

export interface Shown {
  details: Details;
  url: string | null;
}

/** The image and its facts; null while they come. An answer for another image is dropped. */
export function useDetails(row: number | undefined): { shown: Shown | null; failed: string } {
  const view = useView();
  const [shown, setShown] = useState<Shown | null>(null);
  const [failed, setFailed] = useState("");
  const { version } = useShared((state) => state.keys); // its tags may be others then
  useEffect(() => {
    if (row === undefined) return;
    let current = true;
    setFailed("");
    view.session.rpc.request<Details>("details", { row }).then(
      ({ result, buffers }) => {
        if (!current) return;
        const bytes = bytesOf(buffers[0]);
        setShown({ details: result, url: bytes.length > 0 ? jpegUrl(bytes) : null });
      },
      (problem) => current && setFailed(view.errorText(problem)),
    );
    return () => {
      current = false;
    };
  }, [view, row, version]);
  return { shown: shown?.details.row === row ? shown : null, failed };
}

/** All rows that show this image, when they are several. */
function Copies({ details, onOpen }: { details: Details; onOpen(row: number): void }) {
  const t = useT();
  const copies = details.copies ?? [];
  return copies.length > 1 ? (
    <tr data-testid="copies">
      <th scope="row">{t("ui.copies", { n: copies.length })}</th>
      <td>
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
      </td>
    </tr>
  ) : null;
}

export function Facts({ details, onOpen }: { details: Details; onOpen(row: number): void }) {
  const t = useT();
  const size = details.width && details.height ? `${details.width} × ${details.height}` : null;
  return (
    <table>
      <tbody>
        <Copies details={details} onOpen={onOpen} />
        {details.nodes.map((path) => (
          <tr key={`node-${path}`}>
            <th scope="row">{t("ui.cluster")}</th>
            <td>{path.split("/").join(" › ")}</td>
          </tr>
        ))}
        {size ? (
          <tr>
            <th scope="row">{t("ui.pixels")}</th>
            <td>{size}</td>
          </tr>
        ) : null}
        {details.properties.map(({ name, value }) => (
          <tr key={`property-${name}`}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
