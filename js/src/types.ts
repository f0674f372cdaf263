/** What travels between the kernel and the browser. The kernel owns all of it. */

export type NodeKind = "root" | "group" | "unassigned" | "without_vector";

/** How the rows of a split node are spread; rows = clusters + unassigned + without_vector. */
export interface Split {
  rows: number;
  clusters: number;
  groups: number;
  unassigned: number;
  without_vector: number;
}

/** A node as it travels. */
export interface NodeEntry {
  id: number;
  children: number[];
  /** "" for the root, then "0", "0.2": the place of the node in the tree when it was made. */
  number: string;
  label: string;
  kind: NodeKind;
  score: number | null;
  /** Similarity of the two images that are least alike. */
  min_similarity?: number | null;
  /** Found as duplicates, and can be said to be none. */
  refusable?: boolean;
  /** Stays as it is when what is above it is clustered again. */
  locked?: boolean;
  /** Distinct rows; an internal node's slice may repeat a row. */
  rows: number;
  function: string | null;
  split: Split | null;
}

export interface TreeNode extends NodeEntry {
  /** What the kernel sent: the same object means that nothing was said anew. */
  entry: NodeEntry;
  parent: number | null;
  /** The images of the node are order[start:stop]. */
  start: number;
  stop: number;
}

export interface EncoderChoice {
  spec: string;
  label: string;
  ready: boolean;
  installed: boolean;
  download_mb: number | null;
}

export interface ProjectInfo {
  name: string;
  /** Tells the project from others on the page, in small letters and digits. */
  key?: string;
  rows: number;
  images: number;
  /** Rows of the whole project, when this is a part of it. */
  part_of?: number | null;
  skipped: number;
  vector_sets: string[];
  encoders: EncoderChoice[];
  columns: string[];
  /** What images can be sorted by. */
  sort_columns?: string[];
  autosave: boolean;
  without_vector: number;
  has_vectors: boolean;
  /** The default vector set, and the encoder that completes it. */
  vec_type?: string | null;
  vec_encoder?: string | null;
  /** Whether the vectors can be searched with images from elsewhere, and with words. */
  searches?: { image: boolean; text: boolean };
}

export type FieldType = "int" | "float" | "bool" | "str" | "enum" | "column" | "vectors";
export type FieldValue = string | number | boolean | null;

export interface Field {
  name: string;
  type: FieldType;
  label: string;
  help: string;
  default: FieldValue;
  minimum?: number | null;
  maximum?: number | null;
  exclusive_minimum?: number | null;
  exclusive_maximum?: number | null;
  options?: { value: FieldValue; label: string }[] | null;
  /** Shown only while each of these fields, which stand before it, has one of these values. */
  when?: Record<string, FieldValue[]> | null;
  /** What each of its values would give can be counted before anything is made. */
  preview?: boolean;
  /** Texts that the reader may mean. */
  suggest?: string[];
}

export interface ClusteringFunction {
  name: string;
  title: string;
  help: string;
  experimental: boolean;
  /** Why it cannot be used, or null. */
  error: string | null;
  fields: Field[];
}

/** What a menu says of an action that the kernel knows. */
export interface Command {
  name: string;
  title: string;
  help: string;
  /** Why it cannot be used here, or null. */
  error: string | null;
  /** A line is drawn above it. */
  begins: boolean;
}

export interface CommandForm extends Command {
  fields: Field[];
  /** It can say what it would do. */
  would: boolean;
}

export interface Cell {
  text: string;
  /** Its place among those that select images. */
  pick?: number;
  /** A bar of a share of the longest one, in place of a text. */
  bar?: number;
  colour?: string;
}

/** What an action answers, beside what it did. */
export interface CommandResult {
  /** Of its table, for what is clicked there. */
  id: number;
  title: string;
  note: string;
  text: string;
  head: string[];
  rows: Cell[][];
  images: Similar | null;
  /** The node that it is about, and what can be done with the answer. */
  node: number;
  actions: { name: string; title: string; params: Params }[];
}

export type Params = Record<string, FieldValue>;

export interface Choice {
  function: string;
  params: Record<string, Params>;
}

export interface Defaults extends Choice {
  /** What was run last, in whichever widget. */
  last?: Choice;
}

/** What each value of a parameter would give, in parallel lists, ascending. */
export interface Preview {
  function: string;
  parameter: string;
  node: number;
  vec_type: string | null;
  thresholds: number[];
  /** Pairs of images at least that similar. */
  pairs: number[];
  groups: number[];
  images: number[];
}

/** How the images are sorted inside each cluster. */
export interface Sort {
  by: "auto" | "hash" | "typical" | "outliers" | "similarity" | "column";
  column: string | null;
  descending: boolean;
}

/** Images similar to one, to a cluster, or, when nothing is said, to the selection. */
export interface Query {
  row?: number;
  node?: number;
}

export interface Similar {
  rows: number[];
  /** Cosine to what was asked with. */
  similarity: number[];
  /** How many of 100 images are at most that similar. */
  percentile: number[];
}

export interface Job {
  id: string | number;
  kind: "function" | "preview" | "embed" | "scan" | "save";
  title: string;
  node: number | null;
  done: number;
  total: number | null;
  rate: number | null;
  text: string;
  cancelling: boolean;
}

export type Level = "info" | "warning" | "error";

export interface Message {
  id: string | number;
  level: Level;
  text: string;
  key: string | null;
  values: Record<string, unknown>;
  detail: string | null;
  action: "embed" | null;
}

/** An edit; `position` steps are in effect once it is made. */
export interface Step {
  position: number;
  name: string;
  /** The clusters it was about, and where something went; "" = all images. */
  about: string;
  images: number | null;
}

export interface History {
  undo: string | null;
  redo: string | null;
  /** How many steps are in effect. */
  position?: number;
  /** Those around the present one. */
  steps?: Step[];
}

export interface Details {
  row: number;
  label: string;
  properties: { name: string; value: string }[];
  width: number | null;
  height: number | null;
  nodes: string[];
  /** The rows that show this image, itself among them. */
  copies?: { row: number; label: string }[];
  /** Why there is no picture: the file is gone or broken. */
  missing?: string | null;
}

/** The part of anywidget's model that is used here. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}
