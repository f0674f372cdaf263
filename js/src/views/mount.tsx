import { command } from "../commands";
import { render } from "../dom/draw";
import { uniqueId } from "../rpc";
import type { Session } from "../store";
import { followTheme } from "../theme";
import { createView, type View } from "../view";
import { App } from "./App";
import { handleTagKey } from "./tagActions";

/** Draws one view into the element; returns what takes it away again. */
export function mount(session: Session, element: HTMLElement): () => void {
  const root = document.createElement("div");
  root.className = "panoptic-nb";
  root.tabIndex = 0;
  // Otherwise a letter typed after a click here would run a notebook command.
  root.dataset.lmSuppressShortcuts = "true";
  element.append(root);
  const view = createView(session, `pn-${uniqueId()}`);
  const takeAway = render(<App />, root, view);
  const unfollow = followTheme(root);
  const setHeight = (): void => {
    const { height } = session.sharedState.get();
    // "full": what a window has room for, less the cell's own edges.
    root.style.height = height === "full" ? "calc(100vh - 120px)" : height;
  };
  setHeight();
  const unresize = session.sharedState.subscribe(setHeight);
  root.addEventListener("keydown", (event) => handleKey(view, event));
  return () => {
    unfollow();
    unresize();
    takeAway();
    view.dispose();
    root.remove();
  };
}

/** Keys that mean the same everywhere in the widget. */
function handleKey(view: View, event: KeyboardEvent): void {
  const modified = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (modified && key === "s") return; // saving the notebook is meant
  // JupyterLab looks for its mark on the focused element only, not around it: without this, a
  // letter typed in the tree would insert or delete cells.
  event.stopPropagation();
  const target = event.target as HTMLElement;
  if (event.defaultPrevented || target.closest("input, select, textarea, dialog, [popover]")) {
    return;
  }
  const { height, selected, job, active } = view.session.sharedState.get();
  if (event.key === "Escape") {
    if (height === "full" && selected.count === 0) view.session.setHeight("");
    else view.clearSelection();
  } else if (modified && (key === "y" || key === "z")) {
    if (job === null) void view.ask(event.shiftKey || key === "y" ? "redo" : "undo");
  } else if (key === "/" && !modified) {
    const root = event.currentTarget as HTMLElement;
    const button = root.querySelector<HTMLElement>("[data-testid=open-search]");
    void command(view, "search", active, button ?? root);
  } else if (!handleTagKey(view, event)) return;
  event.preventDefault();
}
