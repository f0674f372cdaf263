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
import { createRpc, type Rpc } from "./rpc";
import { countsAlong, decodeSelection, encodeSelection, type Selection } from "./selection";
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
  WidgetModel,
} from "./types";

/** Which parts are shown. */
export type Kind = "explorer" | "grid" | "tree";

export interface SharedState {
  kind: Kind;
  tree: TreeIndex;
  order: Rows;
  similarity: Float32Array;
  info: ProjectInfo;
  functions: ClusteringFunction[];
  defaults: Defaults;
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
}

export interface Session {
  state: Observable<SharedState>;
  rpc: Rpc;
  thumbnails: Thumbnails;
  setActive(node: number): void;
  setSelected(selected: Selection): void;
  setThumbSize(size: number): void;
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
  "_job",
  "_message",
  "_preview",
  "_history",
  "language",
  "height",
  "_selected",
  "_active",
  "thumb_size",
];

/** A slider moves faster than the kernel needs to know. */
const SLIDER_PAUSE_MS = 150;

const NO_FUNCTIONS: ClusteringFunction[] = [];
const NO_DEFAULTS: Defaults = { function: "", params: {} };
const NO_HISTORY: History = { undo: null, redo: null };
const NO_TEXTS: Texts = {};

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
    const { tree, order, similarity } = derived("tree", [packed], () => unpack(packed, last));
    last = tree;
    const selected = derived("selected", [rawSelected], () => decodeSelection(rawSelected));
    return {
      kind: get<Kind>("_kind", "explorer"),
      tree,
      order,
      similarity,
      selected,
      counts: derived("counts", [order, selected], () => countsAlong(order, selected)),
      info: get("_info", NO_PROJECT),
      functions: get("_functions", NO_FUNCTIONS),
      defaults: get("_defaults", NO_DEFAULTS),
      job: get<Job | null>("_job", null),
      message: get<Message | null>("_message", null),
      preview: get<Preview | null>("_preview", null),
      history: get("_history", NO_HISTORY),
      t: derived("t", [language, texts], () =>
        createTranslator(chooseLanguage(language, pageLanguages()), texts),
      ),
      thumbSize: get("thumb_size", 112),
      active: get("_active", 0),
      height: get("height", ""),
    };
  };
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
  let packed = readTree(model.get("_tree"), model.get("_order"), model.get("_similarity"));
  const state = createObservable<SharedState>(read(packed));
  const rpc = createRpc(model);
  let disposed = false;
  let scheduled = false;
  let slider: ReturnType<typeof setTimeout> | undefined;

  // Traits that change in one message raise one event each: wait for the last of them.
  const refresh = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      if (!disposed) state.set(read(packed));
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
      packed = readTree(result, buffers[0], buffers[1]);
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
    thumbnails: createThumbnails(rpc),
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
    dispose() {
      disposed = true;
      clearTimeout(slider);
      for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
      this.thumbnails.dispose();
      rpc.dispose();
    },
  };
}
