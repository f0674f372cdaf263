/** Edits by hand, as this view asks for them: nothing is asked while something runs. */
import { accepts, type Cargo, type Drop, isCluster, movable, orderAfter } from "./moves";
import { RequestError } from "./rpc";
import type { SharedState } from "./store";
import { idsOf, isLeaf, type KeyAction, parentOf } from "./tree";
import type { View } from "./view";

/** The selection travels by another way than a question, and may come after it. */
const SELECTION_LATE = "selection_late";
const ASK_AGAIN_MS = 100;
const ASK_TIMES = 30;

type Result = { node?: number };

/** What the kernel said last. */
export function now(view: View): SharedState {
  return view.session.sharedState.get();
}

async function ask(
  view: View,
  op: string,
  args: Record<string, unknown>,
  times = ASK_TIMES,
): Promise<Result | null> {
  if (now(view).job !== null) return null;
  view.viewState.set({ notice: null, arrived: null });
  try {
    return (await view.session.rpc.request<Result>(op, args)).result ?? {};
  } catch (problem) {
    const late = problem instanceof RequestError && problem.error.key === SELECTION_LATE;
    if (late && times > 1) {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      return ask(view, op, args, times - 1);
    }
    view.say("error", view.errorText(problem));
    return null;
  }
}

function payload(view: View, { nodes, row }: Cargo): Record<string, unknown> {
  if (nodes.length > 0) return { nodes };
  return row === null ? { count: now(view).selected.count } : { rows: [row] };
}

function arrived(view: View, cargo: Cargo, node: number): void {
  if (cargo.nodes.length === 0 && cargo.row === null) view.clearSelection();
  view.viewState.set({ marked: new Set(), arrived: node });
}

export async function moveTo(view: View, cargo: Cargo, to: number): Promise<void> {
  if (await ask(view, "move", { ...payload(view, cargo), to })) arrived(view, cargo, to);
}

export async function moveToNew(view: View, cargo: Cargo, label: string): Promise<void> {
  const made = await ask(view, "move_new", { ...payload(view, cargo), label: label || null });
  if (made?.node !== undefined) arrived(view, cargo, made.node);
}

/** The first of them stays, and is what one looks at afterwards. */
export async function merge(view: View, nodes: number[]): Promise<void> {
  const made = await ask(view, "merge", { nodes });
  if (made?.node === undefined) return;
  view.activate(made.node);
  view.viewState.set({ arrived: made.node });
}

export function sortClusters(view: View, node: number, by: string | number[]): Promise<unknown> {
  return ask(view, "sort_clusters", { node, by });
}

export function goTo(view: View, position: number): Promise<unknown> {
  return ask(view, "go_to", { position });
}

export function drop(view: View, cargo: Cargo, node: number, how: Drop): Promise<unknown> {
  const { tree } = now(view);
  if (how === "move") return moveTo(view, cargo, node);
  if (how === "merge") return merge(view, [node, ...cargo.nodes]);
  const by = orderAfter(tree, cargo.nodes, node, how);
  return sortClusters(view, parentOf(tree, node) ?? 0, by);
}

/** What an action on a line is about: all that are marked, if it is one of them. */
export function chosen(view: View, node: number): number[] {
  const { marked } = view.viewState.get();
  const nodes = marked.has(node) && marked.size > 1 ? marked : [node];
  return movable(now(view).tree, nodes);
}

/** The clusters to choose from for this cargo, in the order of the tree. */
export function destinations(view: View, cargo: Cargo, how: "move" | "merge"): number[] {
  const { tree } = now(view);
  return idsOf(tree.nodes).filter((id) => accepts(tree, cargo, id, how));
}

/** Asks to which cluster. */
export function choose(view: View, what: "move" | "merge", cargo: Cargo, at: HTMLElement): void {
  if (now(view).job === null) {
    view.viewState.set({ choosing: { what, cargo, anchor: at } });
  }
}

/** What a key or an entry of the menu does to a line of the tree. */
export function act(view: View, node: number, action: KeyAction, line: HTMLElement): void {
  const { tree } = now(view);
  const nodes = chosen(view, node);
  const isGroup = isCluster(tree, node);
  if (action === "menu") {
    const cargo = { nodes: nodes.length > 1 ? nodes : [node], row: null };
    view.viewState.set({ choosing: { what: "menu", cargo, anchor: line } });
  } else if (action === "rename") {
    if (isGroup) view.viewState.set({ renaming: node });
  } else if (action === "lock") {
    const locked = !tree.byId.get(node)?.locked;
    if (isGroup) void ask(view, "lock", { node, locked });
  } else if (action === "merge" && nodes.length > 1) {
    void merge(view, nodes);
  } else if (action === "move" || action === "merge") {
    if (nodes.length > 0) choose(view, action, { nodes, row: null }, line);
  } else if (action === "apart") {
    void view.notDuplicates(node);
  } else if (!isLeaf(tree, node)) {
    if (action === "children") view.toggleChildren(node);
    else if (action === "save") void view.save(node, false);
    else void view.closeClusters(node);
  }
}
