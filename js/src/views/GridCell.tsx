import type { Thumbnail } from "../thumbnails";
import { useT } from "./hooks";
import { Icon } from "./icons";

/** One transparent pixel: an image without a source would be drawn as broken. */
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

interface Props {
  id: string;
  /** Place in the grid. */
  at: number;
  /** Row of the frame. */
  row: number;
  left: number;
  top: number;
  size: number;
  url: Thumbnail;
  similarity: number | undefined;
  selected: boolean;
  focused: boolean;
}

/** Clicks are handled by the grid, which reads `data-at` and `data-action`. */
export function GridCell(props: Props) {
  const { id, at, row, left, top, size, url, similarity, selected, focused } = props;
  const t = useT();
  const state = url === undefined ? " loading" : url ? "" : " failed";
  const classes = `cell${state}${selected ? " selected" : ""}${focused ? " focused" : ""}`;
  return (
    <div
      id={id}
      class={size < 72 ? `${classes} small` : classes}
      role="option"
      aria-selected={selected}
      data-testid="image-cell"
      data-index={row}
      data-at={at}
      style={{
        transform: `translate(${left}px,${top}px)`,
        width: `${size}px`,
        height: `${size}px`,
      }}
    >
      <img src={url || NOTHING} alt={t("ui.image_alt", { row })} draggable={false} />
      {url === null || url === false ? (
        <span class="failed-note">
          <Icon name="missing" size={18} />
          {size >= 72 ? t(url === null ? "ui.file_missing" : "ui.unavailable") : null}
        </span>
      ) : null}
      <span class="check" data-action="check" title={t("ui.select_image")}>
        <Icon name="check" size={12} />
      </span>
      <span class="zoom" data-action="zoom" title={t("ui.open_image")}>
        <Icon name="zoom" size={12} />
      </span>
      {similarity !== undefined && !Number.isNaN(similarity) ? (
        <span class="similarity" title={t("ui.similarity")}>
          {similarity.toFixed(2)}
        </span>
      ) : null}
    </div>
  );
}
