/** What belongs to one view on the page, not to the project: what is open, focused, asked. */
import type { Cargo } from "./moves";
import { createObservable, type Observable } from "./observable";
import { sameCells } from "./piles";
import { sameContent, within } from "./place";
import { refused } from "./refused";
import { RequestError } from "./rpc";
import { NOTHING, type Selection, stateOf, withRows } from "./selection";
import { activeCells, type Session } from "./store";
import type { StampRequest } from "./tagging";
import {
  childrenAreOpen,
  firstOpen,
  isLeaf,
  lineage,
  neighbourOf,
  openAfterChange,
  revealed,
  withDescendants,
} from "./tree";
import type { CommandForm, CommandResult, Level, Params, Query } from "./types";

/** Something to say that the kernel did not put in a trait: the outcome of this view's request. */
export interface Notice {
  level: Level;
  text: string;
}

export interface FormRequest {
  node: number;
  anchor: HTMLElement;
  /** Messages of the kernel, by field. */
  errors: Record<string, string>;
  /** The action that it is the form of; else it is that of the clustering functions. */
  command?: CommandForm;
}

/** What is chosen for some clusters or images: a line's menu, or the cluster that they go to. */
export interface Choosing {
  what: "menu" | "move" | "merge";
  cargo: Cargo;
  anchor: HTMLElement;
}

export interface ViewState {
  open: ReadonlySet<number>;
  treeFocus: number;
  /** Clusters that the next edit is about, if they are several. */
  marked: ReadonlySet<number>;
  choosing: Choosing | null;
  /** Where the last edit put something. */
  arrived: number | null;
  /** The leaf at the top of the grid and its ancestors, root first. */
  here: readonly number[];
  renaming: number | null;
  form: FormRequest | null;
  /** What the last action answered. */
  result: CommandResult | null;
  /** The images about to be tagged. */
  stamp: StampRequest | null;
  /** Cell of the grid that is shown large. */
  large: number | null;
  /** What similar images are looked for, without an image of the grid. */
  similarTo: Query | null;
  anchor: number | null;
  gridFocus: number | null;
  /** What a click changed, in case it was the first of a double-click. */
  beforeClick: { selected: Selection; anchor: number | null } | null;
  /** A save was asked for and not answered yet. */
  saving: boolean;
  dismissed: string | number | null;
  notice: Notice | null;
  /** How many images had no vector when the reader closed that line. */
  vectorsDismissed: number | null;
  panelWidth: number;
}

export interface View {
  session: Session;
  viewState: Observable<ViewState>;
  /** Prefix of the element ids of this view. */
  uid: string;
  say(level: Level, text: string): void;
  /** What went wrong with a request, in the reader's language. */
  errorText(problem: unknown): string;
  /** Sends a request; an error becomes a notice. True when the kernel said ok. */
  ask<T>(op: string, args?: Record<string, unknown>): Promise<T | null>;
  /** Closes the kernel's message, in all views. */
  dismiss(): void;
  activate(node: number): void;
  /**
   * Runs a function; field errors are returned, other errors become a notice. Ignored while
   * something runs or is about to, so that a double-click is one click.
   */
  run(
    node: number,
    name: string,
    params: Params,
    remember: boolean,
  ): Promise<Record<string, string> | null>;
  /** "Create clusters" without opening the form: the stored function and values. */
  runDefault(node: number, anchor: HTMLElement): Promise<void>;
  /** One save at a time: a second click would make a second column. */
  save(node: number, leavesOnly: boolean, update?: boolean): Promise<void>;
  /** These two do nothing for a node without children. */
  closeClusters(node: number): Promise<void>;
  /** Takes a cluster of duplicates away, and goes on to the next one if it was looked at. */
  notDuplicates(node: number): Promise<void>;
  toggleChildren(node: number): void;
  /** Null when renamed, else what is wrong with the label. */
  rename(node: number, label: string): Promise<string | null>;
  toggleCluster(node: number): void;
  clearSelection(): void;
  dispose(): void;
}

const NONE: ReadonlySet<number> = new Set();
/** What is forgotten when the grid shows other images. */
const AT_TOP = { anchor: null, gridFocus: null, beforeClick: null, large: null };

export function createView(session: Session, uid: string): View {
  const shared = session.sharedState.get;
  const first = shared();
  const state = createObservable<ViewState>({
    open: firstOpen(first.tree, first.active),
    treeFocus: first.active,
    marked: NONE,
    choosing: null,
    arrived: null,
    here: [],
    renaming: null,
    form: null,
    result: null,
    stamp: null,
    similarTo: null,
    ...AT_TOP,
    saving: false,
    dismissed: null,
    notice: null,
    vectorsDismissed: null,
    panelWidth: 372,
  });
  let last = first;
  let cells = activeCells(first);
  let starting = false;
  const isBusy = (): boolean => starting || shared().job !== null;

  const unsubscribe = session.sharedState.subscribe(() => {
    const next = shared();
    const { tree, active } = next;
    const before = last;
    last = next;
    if (tree !== before.tree) {
      const { open, treeFocus, form, renaming, marked } = state.get();
      state.set({
        open: openAfterChange(before.tree, tree, open),
        treeFocus: tree.byId.has(treeFocus) ? treeFocus : active,
        marked: new Set([...marked].filter((id) => tree.byId.has(id))),
        form: form && tree.byId.has(form.node) ? form : null,
        renaming: renaming !== null && tree.byId.has(renaming) ? renaming : null,
      });
    }
    const moved = active !== before.active;
    const nextCells = activeCells(next);
    // Another name somewhere in the tree is no reason to lose one's place in the grid.
    if (moved || !sameCells(cells, nextCells)) {
      const other = moved || nextCells.all.length === cells.all.length;
      const kept = !other && sameContent(before.tree, tree, active);
      const gridFocus = kept ? within(state.get().gridFocus, nextCells.rows.length) : null;
      state.set({ ...AT_TOP, gridFocus });
    }
    cells = nextCells;
    if (moved) state.set({ open: revealed(tree, state.get().open, active) });
    if (next.job !== before.job) starting = false;
    if (next.message !== before.message) state.set({ notice: null, dismissed: null });
  });

  const errorText = (problem: unknown): string => {
    if (!(problem instanceof RequestError)) return String(problem);
    return shared().t.error(problem.error);
  };

  const view: View = {
    session,
    viewState: state,
    uid,
    errorText,
    say(level, text) {
      state.set({ notice: { level, text } });
    },
    async ask<T>(op: string, args: Record<string, unknown> = {}) {
      state.set({ notice: null });
      try {
        return ((await session.rpc.request<T>(op, args)).result ?? {}) as T;
      } catch (problem) {
        view.say("error", errorText(problem));
        return null;
      }
    },
    dismiss() {
      state.set({ dismissed: shared().message?.id ?? null });
      session.rpc.request("dismiss").catch(() => {}); // closed here in any case
    },
    activate(node) {
      state.set({ treeFocus: node, marked: NONE });
      if (shared().active !== node) session.setActive(node);
    },
    async run(node, name, params, remember) {
      if (isBusy()) return null;
      starting = true;
      state.set({ notice: null });
      try {
        await session.rpc.request("run", { node, function: name, params, remember });
        view.activate(node); // what is being split is what one wants to look at
      } catch (problem) {
        return refused(view, problem);
      } finally {
        starting = false;
      }
      return null;
    },
    async runDefault(node, anchor) {
      const { defaults, functions } = shared();
      const name = defaults.function || functions.find((fn) => !fn.error)?.name || "";
      // Remembered, but not defined since the kernel started: the form says so.
      if (!functions.some((fn) => fn.name === name)) {
        state.set({ form: { node, anchor, errors: {} } });
        return;
      }
      const errors = await view.run(node, name, defaults.params[name] ?? {}, false);
      if (errors) state.set({ form: { node, anchor, errors } });
    },
    async save(node, leavesOnly, update = false) {
      if (state.get().saving) return;
      const { message: before, t } = shared();
      state.set({ saving: true });
      const reply = await view.ask<{ pending?: boolean }>("save", {
        node,
        leaves_only: leavesOnly,
        update,
      });
      state.set({ saving: false });
      // When it is done the kernel says in which column; that may have come first.
      if (reply?.pending && shared().message === before) {
        view.say("info", t("ui.save_pending"));
      }
    },
    async closeClusters(node) {
      if (isLeaf(shared().tree, node) || isBusy()) return;
      await view.ask("close", { node });
    },
    async notDuplicates(node) {
      const { tree, active } = shared();
      if (!tree.byId.get(node)?.refusable || isBusy()) return;
      const inside = (id: number): boolean => lineage(tree, id).some((above) => above.id === node);
      const next = neighbourOf(tree, node);
      if (inside(active)) view.activate(next);
      else if (inside(state.get().treeFocus)) state.set({ treeFocus: next });
      await view.ask("not_duplicates", { node });
    },
    toggleChildren(node) {
      const { tree } = shared();
      if (isLeaf(tree, node)) return;
      const { open } = state.get();
      const allOpen = open.has(node) && childrenAreOpen(tree, open, node);
      state.set({ open: withDescendants(tree, open, node, !allOpen) });
    },
    async rename(node, label) {
      state.set({ notice: null });
      try {
        await session.rpc.request("rename", { node, label });
        return null;
      } catch (problem) {
        return errorText(problem);
      }
    },
    toggleCluster(id) {
      const { tree, order, selected, counts } = shared();
      const node = tree.byId.get(id);
      if (!node) return;
      const rows = order.subarray(node.start, node.stop);
      const all = stateOf(counts, node.start, node.stop) === "all";
      session.setSelected(withRows(selected, rows, !all));
    },
    clearSelection() {
      if (shared().selected.count > 0) session.setSelected(NOTHING);
    },
    dispose: unsubscribe,
  };
  return view;
}
