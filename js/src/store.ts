/**
 * The traits of the model as one immutable value, and the few things that the browser writes.
 *
 * Nothing here touches the page: every view can be built again from it at any time.
 */
import { chooseLanguage, createTranslator, pageLanguages, type Translator } from "./i18n";
import { createObservable, type Observable } from "./observable";
import { createRpc, type Rpc } from "./rpc";
import { countsAlong, NOTHING, type Rows } from "./selection";
import { createThumbnails, type Thumbnails } from "./thumbnails";
import { indexTree, type TreeIndex } from "./tree";
import type {
  ClusteringFunction,
  Defaults,
  History,
  Job,
  Message,
  Preview,
  ProjectInfo,
  TreeNode,
  WidgetModel,
} from "./types";

export interface SharedState {
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
  selected: Rows;
  /** How many of order[0:i] are selected. */
  counts: Uint32Array;
  thumbSize: number;
  active: number;
}

export interface Session {
  state: Observable<SharedState>;
  rpc: Rpc;
  thumbnails: Thumbnails;
  setActive(node: number): void;
  setSelected(rows: Rows): void;
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
  "_nodes",
  "_order",
  "_similarity",
  "_info",
  "_functions",
  "_defaults",
  "_job",
  "_message",
  "_preview",
  "_history",
  "_language",
  "_selected",
  "_active",
  "thumb_size",
];

/** A slider moves faster than the kernel needs to know. */
const SLIDER_PAUSE_MS = 150;

/** Bytes come at any offset of a message, so they are copied to an aligned buffer. */
function alignedBytes(raw: unknown): ArrayBuffer {
  if (!ArrayBuffer.isView(raw) || raw.byteLength === 0) return new ArrayBuffer(0);
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength).slice().buffer;
}

export function decodeRows(raw: unknown): Rows {
  return new Uint32Array(alignedBytes(raw));
}

/** Parts are read again only when their trait is another object, so that views can compare. */
function createReader(model: WidgetModel): () => SharedState {
  const memory = new Map<string, { inputs: unknown[]; value: unknown }>();
  function derived<T>(name: string, inputs: unknown[], make: () => T): T {
    const last = memory.get(name);
    if (last?.inputs.every((input, i) => input === inputs[i])) return last.value as T;
    const value = make();
    memory.set(name, { inputs, value });
    return value;
  }
  const get = <T>(name: string, otherwise: T): T => (model.get(name) as T | null) ?? otherwise;
  const noNodes: TreeNode[] = [];
  const noFunctions: ClusteringFunction[] = [];
  const noDefaults: Defaults = { function: "", params: {} };
  const noHistory: History = { undo: null, redo: null };

  return () => {
    const nodes = get("_nodes", noNodes);
    const rawOrder = model.get("_order");
    const rawSelected = model.get("_selected");
    const rawSimilarity = model.get("_similarity");
    const language = get("_language", "auto");
    const order = derived("order", [rawOrder], () => decodeRows(rawOrder));
    const selected = derived("selected", [rawSelected], () => decodeRows(rawSelected));
    return {
      tree: derived("tree", [nodes], () => indexTree(nodes)),
      order,
      selected,
      counts: derived("counts", [order, selected], () => countsAlong(order, selected)),
      similarity: derived(
        "similarity",
        [rawSimilarity],
        () => new Float32Array(alignedBytes(rawSimilarity)),
      ),
      info: get("_info", NO_PROJECT),
      functions: get("_functions", noFunctions),
      defaults: get("_defaults", noDefaults),
      job: get<Job | null>("_job", null),
      message: get<Message | null>("_message", null),
      preview: get<Preview | null>("_preview", null),
      history: get("_history", noHistory),
      t: derived("t", [language], () =>
        createTranslator(chooseLanguage(language, pageLanguages())),
      ),
      thumbSize: get("thumb_size", 112),
      active: get("_active", nodes[0]?.id ?? 0),
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
  const state = createObservable<SharedState>(read());
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
      if (!disposed) state.set(read());
    });
  };
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);

  return {
    state,
    rpc,
    thumbnails: createThumbnails(rpc),
    setActive(node) {
      model.set("_active", node);
      save(model);
      refresh();
    },
    setSelected(rows) {
      const copy = rows.length === 0 ? NOTHING : rows.slice();
      model.set("_selected", new DataView(copy.buffer));
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
