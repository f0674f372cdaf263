import { command } from "../commands";
import { useLayoutEffect, useRef } from "../dom/hooks";
import { consume } from "../events";
import type { Cell, CommandResult } from "../types";
import { useLocal, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Ranked } from "./SimilarPanel";
import { TagDot } from "./TagKeys";

/** An arrow key leads to the next number that can be clicked, in its line or in its column. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const from = (event.target as HTMLElement).closest("td, th") as HTMLTableCellElement | null;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const cellOf = (button: HTMLElement) => button.parentElement as HTMLTableCellElement;
  const back = event.key === "ArrowLeft" || event.key === "ArrowUp";
  const vertical = event.key === "ArrowDown" || event.key === "ArrowUp";
  if (!from || !event.key.startsWith("Arrow")) return;
  const way = vertical
    ? buttons.filter((button) => cellOf(button).cellIndex === from.cellIndex)
    : buttons;
  const at = way.findIndex((button) => cellOf(button) === from);
  way[Math.max(0, at + (back ? -1 : 1))]?.focus();
  consume(event);
}

function Table({ result }: { result: CommandResult }) {
  const view = useView();
  const t = useT();
  const { head, rows, id } = result;
  const first = rows.flat().find(({ pick }) => pick !== undefined);
  const content = (cell: Cell) => {
    const { text, pick, bar, colour } = cell;
    if (bar !== undefined) return <i class="bar" style={{ width: `${160 * bar}px` }} />;
    if (pick === undefined) return text;
    return (
      <button
        type="button"
        class="link"
        title={t("ui.pick_cell")}
        data-testid="pick"
        tabIndex={cell === first ? 0 : -1}
        onClick={() => void view.ask("pick", { result: id, at: pick })}
      >
        {colour && <TagDot colour={colour} />}
        {text}
      </button>
    );
  };
  return (
    <table onKeyDown={walk}>
      <thead>
        <tr>
          {head.map((text, i) => (
            <th key={`${i} ${text}`} scope="col">
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells], i) => (
          <tr key={`${i} ${name?.text}`}>
            <th scope="row">{name && content(name)}</th>
            {cells.map((cell, column) => (
              <td key={head[column + 1]}>{content(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Shown({ result }: { result: CommandResult }) {
  const view = useView();
  const t = useT();
  const box = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.focus(), [result]);
  const close = (): void => {
    box.current?.closest<HTMLElement>(".panoptic-nb")?.focus();
    view.viewState.set({ result: null });
  };
  const copy = (): void => {
    // The way that also works on pages without https.
    getSelection()?.selectAllChildren(body.current as HTMLElement);
    document.execCommand("copy");
    view.say("info", t("ui.copied"));
  };
  const { title, note, text, images, rows, node, actions } = result;
  return (
    <section
      ref={box}
      class="result"
      tabIndex={-1}
      aria-label={title}
      data-testid="result"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        close();
        consume(event);
      }}
    >
      <div class="result-title">
        <b>{title}</b>
        {actions.map((action) => (
          <button
            key={action.name}
            type="button"
            data-testid={action.name}
            onClick={(event) =>
              void command(view, action.name, node, event.currentTarget, action.params)
            }
          >
            {action.title}
          </button>
        ))}
        {!images && (
          <button type="button" data-testid="copy" onClick={copy}>
            {t("ui.copy")}
          </button>
        )}
        <IconButton icon="close" small label={t("ui.close")} onClick={close} />
      </div>
      {note && <p role="status">{note}</p>}
      {images ? (
        <Ranked found={images} onOpen={(row) => view.viewState.set({ similarTo: { row } })} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <div ref={body} class="result-body" role="group" aria-label={title} tabIndex={0}>
          {text && <pre>{text}</pre>}
          {rows.length > 0 && <Table result={result} />}
        </div>
      )}
    </section>
  );
}

/** What an action answered, beside the images that it is about. */
export function ResultPanel() {
  const result = useLocal((state) => state.result);
  return result && <Shown key={result.id} result={result} />;
}
