import { pure } from "../dom/draw";
import type { Translator } from "../i18n";
import type { Thumbnail } from "../thumbnails";
import { Icon } from "./icons";

/** One transparent pixel: an image without a source would be drawn as broken. */
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

interface Props {
  t: Translator;
  id: string;
  /** Place in the grid. */
  at: number;
  /** Row of the frame. */
  row: number;
  left: number;
  /** In the sheet of the grid, which moves: the cell stays. */
  top: number;
  size: number;
  url: Thumbnail;
  /** How many rows show this image, when they lie on one pile. */
  pile: number;
  similarity: number | undefined;
  selected: boolean;
  focused: boolean;
}

/** What one clicks on an image. */
export function cellMark(
  name: "check" | "zoom",
  label: string,
  onClick?: (event: MouseEvent) => void,
) {
  return (
    <span class={name} data-action={name} title={label} onClick={onClick}>
      <Icon name={name} size={12} />
    </span>
  );
}

/**
 * One image. Clicks are handled by the grid, which reads `data-at` and `data-action`.
 *
 * Drawn again only when something of it changed: while one scrolls, the cells that stay cost nothing.
 */
export const GridCell = pure((props: Props) => {
  const { t, id, at, row, left, top, size, url, pile, similarity, selected, focused } = props;
  const failed = url === null || url === false;
  const state = url === undefined ? " loading" : failed ? " failed" : "";
  const small = size < 72;
  const classes = `cell${state}${selected ? " selected" : ""}${focused ? " focused" : ""}`;
  return (
    <div
      id={id}
      class={small ? `${classes} small` : classes}
      role="option"
      aria-selected={selected}
      draggable
      data-testid="image-cell"
      data-index={row}
      data-at={at}
      style={{
        transform: `translate(${left}px,${top}px)`,
        width: `${size}px`,
        height: `${size}px`,
      }}
    >
      <img
        src={url || NOTHING}
        decoding="async"
        alt={pile > 1 ? t("ui.pile_alt", { row, pile }) : t("ui.image_alt", { row })}
        draggable={false}
      />
      {failed && (
        <span class="failed-note">
          <Icon name="missing" size={18} />
          {!small && t(url === null ? "ui.file_missing" : "ui.unavailable")}
        </span>
      )}
      {cellMark("check", t("ui.select_image"))}
      {cellMark("zoom", t("ui.open_image"))}
      {pile > 1 && (
        <span class="pile" title={t("ui.pile", { n: pile })} data-testid="pile">
          {pile}
        </span>
      )}
      {similarity !== undefined && !Number.isNaN(similarity) && (
        <span class="similarity" title={t("ui.similarity")}>
          {similarity.toFixed(2)}
        </span>
      )}
    </div>
  );
});
