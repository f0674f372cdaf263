/** What belongs to one view on the page, not to the project: what is open, focused, asked. */
import { createObservable, type Observable } from "./observable";
import { type KernelError, RequestError } from "./rpc";
import { add, asRows, NOTHING, remove, stateOf, toggleRow } from "./selection";
import type { Session } from "./store";
import { firstOpen, openAfterChange, revealed } from "./tree";
import type { Level, Params } from "./types";

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
}

export interface ViewState {
  open: ReadonlySet<number>;
  treeFocus: number;
  renaming: number | null;
  form: FormRequest | null;
  /** Position in the grid of the image shown large. */
  large: number | null;
  anchor: number | null;
  gridFocus: number | null;
  dismissed: string | number | null;
  notice: Notice | null;
  panelWidth: number;
}

export interface View {
  session: Session;
  state: Observable<ViewState>;
  /** Prefix of the element ids of this view. */
  uid: string;
  say(level: Level, text: string): void;
  /** Sends a request; an error becomes a notice. True when the kernel said ok. */
  ask<T>(op: string, args?: Record<string, unknown>): Promise<T | null>;
  activate(node: number): void;
  /** Runs a function; field errors are returned, other errors become a notice. */
  run(
    node: number,
    name: string,
    params: Params,
    remember: boolean,
  ): Promise<Record<string, string> | null>;
  /** "Create clusters" without opening the form: the stored function and values. */
  runDefault(node: number, anchor: HTMLElement): Promise<void>;
  save(node: number, leavesOnly: boolean): Promise<void>;
  /** Null when renamed, else what is wrong with the label. */
  rename(node: number, label: string): Promise<string | null>;
  toggleCluster(node: number): void;
  toggleRow(row: number): void;
  clearSelection(): void;
  dispose(): void;
}

/** One field refused for the reason of the whole: that reason is known in the reader's language. */
function fieldErrors(error: KernelError, translated: string): Record<string, string> {
  const [only, ...others] = Object.keys(error.fields);
  const same = only !== undefined && others.length === 0 && error.fields[only] === error.text;
  return same ? { [only]: translated } : error.fields;
}

export function createView(session: Session, uid: string): View {
  const first = session.state.get();
  let tree = first.tree;
  const state = createObservable<ViewState>({
    open: firstOpen(tree, first.active),
    treeFocus: first.active,
    renaming: null,
    form: null,
    large: null,
    anchor: null,
    gridFocus: null,
    dismissed: null,
    notice: null,
    panelWidth: 372,
  });
  let active = first.active;
  let message = first.message;

  const unsubscribe = session.state.subscribe(() => {
    const next = session.state.get();
    if (next.tree !== tree) {
      const { open, treeFocus, form, renaming } = state.get();
      state.set({
        open: openAfterChange(tree, next.tree, open),
        treeFocus: next.tree.byId.has(treeFocus) ? treeFocus : next.active,
        form: form && next.tree.byId.has(form.node) ? form : null,
        renaming: renaming !== null && next.tree.byId.has(renaming) ? renaming : null,
        anchor: null,
        gridFocus: null,
        large: null,
      });
      tree = next.tree;
    }
    if (next.active !== active) {
      active = next.active;
      state.set({ anchor: null, gridFocus: null, large: null });
      state.set({ open: revealed(next.tree, state.get().open, active) });
    }
    if (next.message !== message) {
      message = next.message;
      state.set({ notice: null, dismissed: null });
    }
  });

  const errorText = (problem: unknown): string => {
    if (!(problem instanceof RequestError)) return String(problem);
    return session.state.get().t.error(problem.error);
  };

  const view: View = {
    session,
    state,
    uid,
    say(level, text) {
      state.set({ notice: { level, text } });
    },
    async ask<T>(op: string, args: Record<string, unknown> = {}) {
      try {
        return ((await session.rpc.request<T>(op, args)).result ?? {}) as T;
      } catch (problem) {
        view.say("error", errorText(problem));
        return null;
      }
    },
    activate(node) {
      state.set({ treeFocus: node });
      if (session.state.get().active !== node) session.setActive(node);
    },
    async run(node, name, params, remember) {
      try {
        await session.rpc.request("run", { node, function: name, params, remember });
        view.activate(node); // what is being split is what one wants to look at
        return null;
      } catch (problem) {
        if (problem instanceof RequestError && Object.keys(problem.error.fields).length > 0) {
          return fieldErrors(problem.error, errorText(problem));
        }
        view.say("error", errorText(problem));
        return null;
      }
    },
    async runDefault(node, anchor) {
      const { defaults, functions } = session.state.get();
      const name = defaults.function || functions.find((fn) => !fn.error)?.name || "";
      const errors = await view.run(node, name, defaults.params[name] ?? {}, false);
      if (errors) state.set({ form: { node, anchor, errors } });
    },
    async save(node, leavesOnly) {
      // The kernel says in which column when it is done, which may be after the running cell.
      await view.ask("save", { node, leaves_only: leavesOnly });
    },
    async rename(node, label) {
      try {
        await session.rpc.request("rename", { node, label });
        return null;
      } catch (problem) {
        return errorText(problem);
      }
    },
    toggleCluster(id) {
      const { order, selected, counts } = session.state.get();
      const node = tree.byId.get(id);
      if (!node) return;
      const rows = order.subarray(node.start, node.stop);
      const all = stateOf(counts, node.start, node.stop) === "all";
      session.setSelected(all ? remove(selected, rows) : add(selected, asRows(rows)));
    },
    toggleRow(row) {
      session.setSelected(toggleRow(session.state.get().selected, row));
    },
    clearSelection() {
      if (session.state.get().selected.length > 0) session.setSelected(NOTHING);
    },
    dispose: unsubscribe,
  };
  return view;
}
