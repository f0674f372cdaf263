import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isSelected } from "../selection";
import { bytesOf, jpegUrl } from "../thumbnails";
import type { Details } from "../types";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";

interface Shown {
  details: Details;
  url: string | null;
}

/** Small images are shown larger than they are, but not so large that they are only squares. */
const MOST_ENLARGED = 5;

function imageStyle(details: Details | undefined): Record<string, string> | undefined {
  if (!details?.width || !details.height) return undefined;
  return {
    width: `min(100%, ${details.width * MOST_ENLARGED}px)`,
    height: `min(100%, ${details.height * MOST_ENLARGED}px)`,
  };
}

/** The image and its facts; null while they come. An answer for another image is dropped. */
function useDetails(row: number | undefined): { shown: Shown | null; failed: string } {
  const view = useView();
  const [shown, setShown] = useState<Shown | null>(null);
  const [failed, setFailed] = useState("");
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
  }, [view, row]);
  return { shown: shown?.details.row === row ? shown : null, failed };
}

function Facts({ details }: { details: Details }) {
  const t = useT();
  const size = details.width && details.height ? `${details.width} × ${details.height}` : null;
  return (
    <table>
      <tbody>
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

function Dialog({ at }: { at: number }) {
  const view = useView();
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const { tree, order, active } = view.session.state.get();
  const selected = useShared((state) => state.selected);
  const node = tree.byId.get(active) ?? tree.root;
  const rows = order.subarray(node?.start ?? 0, node?.stop ?? 0);
  const row = rows[at];
  const { shown, failed } = useDetails(row);
  const thumbnail = row === undefined ? undefined : view.session.thumbnails.get(row, 256);

  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    element?.showModal();
    element?.focus();
    return () => before?.focus();
  }, []);

  const go = (to: number): void => {
    if (to >= 0 && to < rows.length) view.state.set({ large: to, gridFocus: to });
  };
  const close = (): void => view.state.set({ large: null });
  const title = shown?.details.label ?? "";
  const reason = shown?.details.missing;
  const note = reason
    ? t("ui.file_missing_reason", { reason })
    : failed || (shown && !shown.url ? t("ui.file_missing") : "");
  // A file that is gone is still known by its thumbnail.
  const url = shown?.url ?? thumbnail;
  const chosen = isSelected(selected, row);

  return (
    <dialog
      ref={dialog}
      class="large-view"
      tabIndex={-1}
      aria-label={t("ui.large_view")}
      data-testid="large-view"
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "ArrowLeft") go(at - 1);
        if (event.key === "ArrowRight") go(at + 1);
      }}
    >
      <div class="large-frame">
        <header>
          <b title={title}>{title}</b>
          <span class="muted">{t("ui.position", { n: at + 1, total: rows.length })}</span>
          <label class="large-select">
            <input
              type="checkbox"
              checked={chosen}
              onChange={() => view.toggleRow(row as number)}
            />
            {t("ui.select_image")}
          </label>
          <button
            type="button"
            class="icon-button"
            title={t("ui.previous")}
            aria-label={t("ui.previous")}
            disabled={at === 0}
            onClick={() => go(at - 1)}
          >
            <Icon name="left" />
          </button>
          <button
            type="button"
            class="icon-button"
            title={t("ui.next")}
            aria-label={t("ui.next")}
            disabled={at >= rows.length - 1}
            onClick={() => go(at + 1)}
          >
            <Icon name="right" />
          </button>
          <button
            type="button"
            class="icon-button"
            title={t("ui.close")}
            aria-label={t("ui.close")}
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </header>
        <div class="large-image">
          {url ? (
            <img
              src={url}
              alt={title}
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
        <aside>{shown ? <Facts details={shown.details} /> : null}</aside>
      </div>
    </dialog>
  );
}

export function LargeView() {
  const at = useLocal((state) => state.large);
  return at === null ? null : <Dialog at={at} />;
}
