/**
 * The traits of the model as one immutable value, and the few things that the browser writes.
 *
 * Nothing here touches the page: every view can be built again from it at any time.
 */
import {
  chooseLanguage,
  createTranslator,
  pageLanguages,
  type Texts,
  type Translator,
} from "./i18n";
import { createObservable, type Observable } from "./observable";
import { type PackedTree, patched, readTree, type TreePatch, unpack } from "./packedTree";
import type { Rows } from "./packing";
import { type Cells, cellsOf, type Piles } from "./piles";
import { createRpc, type Rpc } from "./rpc";
import { countsAlong, decodeSelection, encodeSelection, type Selection } from "./selection";
import { createStrips, type Strips } from "./strips";
import type { TagKeys } from "./tagging";
import { createThumbnails, type Thumbnails } from "./thumbnails";
import type { TreeIndex } from "./tree";
import type {
  ClusteringFunction,
  Defaults,
  History,
  Job,
  Message,
  Preview,
  ProjectInfo,
  Sort,
  WidgetModel,
} from "./types";

/** Which parts are shown. */
export type Kind = "explorer" | "grid" | "tree";

export interface SharedState {
  kind: Kind;
  tree: TreeIndex;
  order: Rows;
  similarity: Float32Array;
  piles: Piles | null;
  /** As asked for: the tree may not be in this order yet. */
  sort: Sort;
  piled: boolean;
  info: ProjectInfo;
  functions: ClusteringFunction[];
  defaults: Defaults;
  /** The number keys that stamp tags. */
  keys: TagKeys;
  job: Job | null;
  message: Message | null;
  preview: Preview | null;
  history: History;
  /** The saved clustering that the tree was opened from: a save can update it. */
  opened: string | null;
  /** A text and its tip beside the scores, by node. */
  badges: Record<string, [string, string]>;
  t: Translator;
  selected: Selection;
  /** How many of order[0:i] are selected. */
  counts: Uint32Array;
  thumbSize: number;
  active: number;
  /** As CSS says it, "" = as usual, "full" = the height of the window. */
  height: string;
  /** Number of the cell that shows the widget. */
  cell: number | null;
}

export interface Session {
  sharedState: Observable<SharedState>;
  rpc: Rpc;
  thumbnails: Thumbnails;
  strips: Strips;
  setActive(node: number): void;
  setSelected(selected: Selection): void;
  setThumbSize(size: number): void;
  setHeight(height: string): void;
  dispose(): void;
}

/** Parts of the state that are traits as they come. The kernel gives all of them a value. */
const TAKEN = {
  kind: "_kind",
  info: "_info",
  functions: "_functions",
  defaults: "_defaults",
  keys: "_keys",
  cell: "_cell",
  job: "_job",
  message: "_message",
  preview: "_preview",
  history: "_history",
  badges: "_badges",
  opened: "_opened",
  height: "height",
  active: "_active",
  thumbSize: "thumb_size",
  sort: "sort",
  piled: "piles",
} satisfies Partial<Record<keyof SharedState, string>>;

const TRAITS = [...Object.values(TAKEN), "language", "_selected"];

/** A slider moves faster than the kernel needs to know. */
const SLIDER_PAUSE_MS = 150;

/** The same result for the same inputs: views can compare. */
function remembered<A extends unknown[], T>(make: (...inputs: A) => T): (...inputs: A) => T {
  let last: { inputs: A; result: T } | undefined;
  return (...inputs) => {
    if (!last?.inputs.every((input, i) => input === inputs[i])) {
      last = { inputs, result: make(...inputs) };
    }
    return last.result;
  };
}

function createReader(model: WidgetModel): (packed: PackedTree) => SharedState {
  let tree: TreeIndex | null = null;
  const unpacked = remembered((packed: PackedTree) => {
    const parts = unpack(packed, tree);
    tree = parts.tree;
    return parts;
  });
  const selection = remembered(decodeSelection);
  const counts = remembered(countsAlong);
  const translator = remembered((language: string, texts: Texts) =>
    createTranslator(chooseLanguage(language, pageLanguages()), texts),
  );

  return (packed) => {
    const taken = Object.entries(TAKEN).map(([part, trait]) => [part, model.get(trait)]);
    const parts = unpacked(packed);
    const selected = selection(model.get("_selected"));
    return {
      ...(Object.fromEntries(taken) as Pick<SharedState, keyof typeof TAKEN>),
      ...parts,
      selected,
      counts: counts(parts.order, selected),
      t: translator(model.get("language") as string, model.get("_texts") as Texts),
    };
  };
}

/** What the grid shows. */
export function activeCells({ tree, order, piles, active }: SharedState): Cells {
  const node = tree.byId.get(active) ?? tree.root;
  return cellsOf(order, piles, node?.start ?? 0, node?.stop ?? 0);
}

/** Tells the kernel; after its restart there is nobody to tell, and the model throws. */
function save(model: WidgetModel): void {
  try {
    model.save_changes();
  } catch {
    // The next question finds the kernel silent and says so.
  }
}

export function createSession(model: WidgetModel): Session {
  const read = createReader(model);
  let packed = readTree(
    model.get("_tree"),
    ["_order", "_similarity", "_piles"].map((name) => model.get(name)),
  );
  const state = createObservable<SharedState>(read(packed));
  const rpc = createRpc(model);
  const thumbnails = createThumbnails(rpc);
  const strips = createStrips(rpc, thumbnails);
  let disposed = false;
  let scheduled = false;
  let slider: ReturnType<typeof setTimeout> | undefined;

  // Traits that change in one message raise one event each: wait for the last of them.
  const refresh = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      if (disposed) return;
      const { info } = state.get();
      state.set(read(packed));
      if (state.get().info !== info) strips.reset(); // there may be other vectors
    });
  };
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);

  let asking = false;
  /** A change of the tree was lost on the way: ask for the whole tree. */
  async function askForTree(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      const { result, buffers } = await rpc.request("tree");
      packed = readTree(result, buffers);
      refresh();
    } catch {
      // The next change asks again.
    } finally {
      asking = false;
    }
  }
  rpc.onUnsolicited("tree", (content, buffers) => {
    const next = patched(packed, content as unknown as TreePatch, buffers);
    if (next === null) {
      void askForTree();
      return;
    }
    packed = next;
    refresh();
  });

  const write = (trait: string, value: unknown): void => {
    model.set(trait, value);
    save(model);
    refresh();
  };

  return {
    sharedState: state,
    rpc,
    thumbnails,
    strips,
    setActive: (node) => write("_active", node),
    setSelected: (selected) => write("_selected", encodeSelection(selected)),
    setThumbSize(size) {
      model.set("thumb_size", size);
      refresh();
      clearTimeout(slider);
      slider = setTimeout(() => save(model), SLIDER_PAUSE_MS);
    },
    setHeight: (height) => write("height", height),
    dispose() {
      disposed = true;
      clearTimeout(slider);
      for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
      strips.dispose();
      thumbnails.dispose();
      rpc.dispose();
    },
  };
}
