import en from "../../panoptic_nb/locale/en.json";
import fr from "../../panoptic_nb/locale/fr.json";
import { createTranslator, type Language } from "../src/i18n";
import { readTree, unpack } from "../src/packedTree";
import { decodeSelection } from "../src/selection";
import type { TreeIndex } from "../src/tree";
import type { NodeEntry, WidgetModel } from "../src/types";

export const TEXTS = { en, fr };
export const translator = (language: Language) => createTranslator(language, TEXTS);

/** A node as tests write it: its slice tells the rows of a leaf. */
export interface TestNode extends Omit<NodeEntry, "children"> {
  parent: number | null;
  start: number;
  stop: number;
}

export function entriesOf(nodes: TestNode[]): NodeEntry[] {
  return nodes.map(({ parent: _parent, start, stop, ...entry }) => {
    const children = nodes.filter(({ parent }) => parent === entry.id).map(({ id }) => id);
    return { ...entry, children, rows: children.length > 0 ? entry.rows : stop - start };
  });
}

export function indexTree(nodes: TestNode[]): TreeIndex {
  const leaves = entriesOf(nodes).filter(({ children }) => children.length === 0);
  const count = leaves.reduce((sum, { rows }) => sum + rows, 0);
  const rows = new DataView(new Uint32Array(count).buffer);
  return unpack(readTree({ version: 1, nodes: entriesOf(nodes) }, [rows]), null).tree;
}

type Listener = (...args: never[]) => void;

/** A model as a front end gives it, with the traits of a small project. */
export class FakeModel implements WidgetModel {
  sent: Record<string, unknown>[] = [];
  saved = 0;
  private traits: Record<string, unknown>;
  private listeners = new Map<string, Set<Listener>>();

  constructor(traits: Record<string, unknown> = {}) {
    const nodes = (traits._nodes as TestNode[] | undefined) ?? smallTree();
    const tree = { version: 1, nodes: entriesOf(nodes) };
    this.traits = { ...smallProject(), _tree: tree, ...traits };
  }
  private version = 1;
  /** Another tree, as the kernel tells of it. */
  changeTree(nodes: TestNode[], rows: number[] = ORDER): void {
    const entries = entriesOf(nodes);
    const leaves = entries.filter(({ children }) => children.length === 0);
    const known = (this.traits._tree as { nodes: NodeEntry[] }).nodes;
    this.traits._tree = { version: this.version + 1, nodes: entries };
    const content = {
      ...{ id: null, op: "tree", base: this.version, version: this.version + 1, nodes: entries },
      removed: known.map(({ id }) => id).filter((id) => !entries.some((entry) => entry.id === id)),
      leaves: leaves.map(({ id, rows: count }) => [id, count]),
    };
    this.version += 1;
    this.reply(content, [words(rows), words([])]);
  }
  /** The rows that are selected. */
  selected(): number[] {
    const { mask } = decodeSelection(this.traits._selected);
    return [...mask.keys()].filter((row) => mask[row] === 1);
  }
  get(name: string): unknown {
    return this.traits[name];
  }
  set(name: string, value: unknown): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }
  save_changes(): void {
    this.saved += 1;
  }
  send(content: unknown): void {
    this.sent.push(content as Record<string, unknown>);
  }
  on(event: string, callback: Listener): void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(callback));
  }
  off(event: string, callback: Listener): void {
    this.listeners.get(event)?.delete(callback);
  }
  emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...(args as never[]));
  }
  reply(content: Record<string, unknown>, buffers: DataView[] = []): void {
    this.emit("msg:custom", content, buffers);
  }
  listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }
  questions(op: string): Record<string, unknown>[] {
    return this.sent.filter((content) => content.op === op);
  }
}

export function node(given: Partial<TestNode> & { id: number }): TestNode {
  return {
    parent: 0,
    number: "",
    label: "",
    kind: "group",
    score: null,
    start: 0,
    stop: 0,
    rows: (given.stop ?? 0) - (given.start ?? 0),
    function: null,
    split: null,
    ...given,
  };
}

/** 12 rows: Cluster 0 (split in two), Cluster 1, Unassigned, Without vector. */
export function smallTree(): TestNode[] {
  const split = { rows: 12, clusters: 9, groups: 2, unassigned: 2, without_vector: 1 };
  const inner = { rows: 5, clusters: 5, groups: 2, unassigned: 0, without_vector: 0 };
  return [
    node({ id: 0, parent: null, kind: "root", label: "All", stop: 12, split }),
    node({ id: 1, number: "0", label: "Cluster 0", score: 12.4, stop: 5, split: inner }),
    node({ id: 2, parent: 1, number: "0.0", label: "Cluster 0.0", score: 9, stop: 2 }),
    node({ id: 3, parent: 1, number: "0.1", label: "Cats", score: 30.5, start: 2, stop: 5 }),
    node({ id: 4, number: "1", label: "Cluster 1", score: 70, start: 5, stop: 9 }),
    node({ id: 5, kind: "unassigned", label: "Unassigned", start: 9, stop: 11 }),
    node({ id: 6, kind: "without_vector", label: "Without vector", start: 11, stop: 12 }),
  ];
}

export function words(rows: number[]): DataView {
  return new DataView(Uint32Array.from(rows).buffer);
}

/** A selection of these rows, as it travels. */
export function bytes(rows: number[]): DataView {
  return words([1, ...rows]);
}

const ORDER = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

function smallProject(): Record<string, unknown> {
  return {
    _kind: "explorer",
    _texts: TEXTS,
    _order: words(ORDER),
    _similarity: words([]),
    _info: {
      name: "demo",
      rows: 12,
      images: 12,
      skipped: 0,
      vector_sets: ["lite0"],
      encoders: [],
      columns: [],
      autosave: true,
      without_vector: 1,
      has_vectors: true,
    },
    _functions: [
      {
        name: "compute_clusters",
        title: "compute_clusters",
        help: "",
        experimental: false,
        error: null,
        fields: [
          { name: "nb_clusters", type: "int", default: 10, minimum: -1, help: "", label: "" },
        ],
      },
    ],
    _defaults: { function: "compute_clusters", params: {} },
    _keys: { version: 0, keys: [], column: null },
    _cell: null,
    _job: null,
    _message: null,
    _preview: null,
    _history: { undo: null, redo: null },
    _badges: {},
    _opened: null,
    language: "en",
    height: "",
    sort: { by: "auto", column: null, descending: false },
    piles: false,
    _selected: bytes([]),
    thumb_size: 112,
    _active: 0,
  };
}
