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
import { NO_KEYS, type TagKeys } from "./tagging";
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
  state: Observable<SharedState>;
  rpc: Rpc;
  thumbnails: Thumbnails;
  strips: Strips;
  setActive(node: number): void;
  setSelected(selected: Selection): void;
  setThumbSize(size: number): void;
  setHeight(height: string): void;
  dispose(): void;
}

const NO_PROJECT: ProjectInfo = {
  name: "",
  rows: 0,
  images: 0,
  skipped: 0,
  vector_sets: [],
  encoders: [],
  columns: [],
  autosave: false,
  without_vector: 0,
  has_vectors: true,
};

const TRAITS = [
  "_info",
  "_functions",
  "_defaults",
  "_keys",
  "_cell",
  "_job",
  "_message",
  "_preview",
  "_history",
  "language",
  "height",
  "_selected",
  "_active",
  "thumb_size",
  "sort",
  "piles",
];

/** A slider moves faster than the kernel needs to know. */
const SLIDER_PAUSE_MS = 150;

const NO_FUNCTIONS: ClusteringFunction[] = [];
const NO_DEFAULTS: Defaults = { function: "", params: {} };
const NO_HISTORY: History = { undo: null, redo: null };
const NO_TEXTS: Texts = {};
const NO_SORT: Sort = { by: "auto", column: null, descending: false };

/** Parts are read again only when what they are made of is another object: views can compare. */
function createReader(model: WidgetModel): (packed: PackedTree) => SharedState {
  const memory = new Map<string, { inputs: unknown[]; value: unknown }>();
  function derived<T>(name: string, inputs: unknown[], make: () => T): T {
    const last = memory.get(name);
    if (last?.inputs.every((input, i) => input === inputs[i])) return last.value as T;
    const value = make();
    memory.set(name, { inputs, value });
    return value;
  }
  const get = <T>(name: string, otherwise: T): T => (model.get(name) as T | null) ?? otherwise;
  let last: TreeIndex | null = null;

  return (packed) => {
    const rawSelected = model.get("_selected");
    const language = get("language", "auto");
    const texts = get("_texts", NO_TEXTS);
    const { tree, order, similarity, piles } = derived("tree", [packed], () =>
      unpack(packed, last),
    );
    last = tree;
    const selected = derived("selected", [rawSelected], () => decodeSelection(rawSelected));
    return {
      kind: get<Kind>("_kind", "explorer"),
      tree,
      order,
      similarity,
      piles,
      selected,
      counts: derived("counts", [order, selected], () => countsAlong(order, selected)),
      info: get("_info", NO_PROJECT),
      functions: get("_functions", NO_FUNCTIONS),
      defaults: get("_defaults", NO_DEFAULTS),
      keys: get("_keys", NO_KEYS),
      job: get<Job | null>("_job", null),
      message: get<Message | null>("_message", null),
      preview: get<Preview | null>("_preview", null),
      history: get("_history", NO_HISTORY),
      t: derived("t", [language, texts], () =>
        createTranslator(chooseLanguage(language, pageLanguages()), texts),
      ),
      thumbSize: get("thumb_size", 112),
      active: get("_active", 0),
      sort: get("sort", NO_SORT),
      piled: get("piles", false),
      height: get("height", ""),
      cell: get<number | null>("_cell", null),
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

  return {
    state,
    rpc,
    thumbnails,
    strips,
    setActive(node) {
      model.set("_active", node);
      save(model);
      refresh();
    },
    setSelected(selected) {
      model.set("_selected", encodeSelection(selected));
      save(model);
      refresh();
    },
    setThumbSize(size) {
      model.set("thumb_size", size);
      refresh();
      clearTimeout(slider);
      slider = setTimeout(() => save(model), SLIDER_PAUSE_MS);
    },
    setHeight(height) {
      model.set("height", height);
      save(model);
      refresh();
    },
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
