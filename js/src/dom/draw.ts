/**
 * Draws components and elements into the page, and what changed of them again: that part of Preact
 * which this widget uses, in a third of its bytes. Preact's types say what can be written.
 */
import type { ComponentChildren } from "preact";
import { type Attributes, setAttributes, setValues } from "./attributes";
import { rising } from "./rising";

/** What a component remembers from one time to the next; see hooks.ts. */
export interface Hook {
  /** To be run, for the first time or since something changed. */
  effect?: (() => unknown) | undefined;
  /** After the next paint, not before it. */
  late?: boolean;
  deps?: readonly unknown[];
  end?: unknown;
}

/** What is to stand somewhere: an element, a component, or (null) a text. */
interface Part {
  type: unknown;
  props: Attributes;
  key?: unknown;
}

/** What stands there. */
export interface Drawn {
  part: Part;
  around: Drawn | null;
  depth: number;
  /** The element that it stands in. */
  host: Element;
  context: unknown;
  /** Of elements and texts; a component has only what stands inside. */
  dom: HTMLElement | Text | null;
  inside: (Drawn | null)[];
  hooks: Hook[];
  /** It is not yet where it belongs. */
  moved: boolean;
  /** What it says is out of date. */
  stale: boolean;
  gone: boolean;
}

export function h(type: unknown, attributes: Attributes | null, ...children: unknown[]): Part {
  const props = { ...attributes };
  if (children.length > 0) props.children = children;
  return { type, props, key: props.key };
}

export function Fragment({ children }: { children?: ComponentChildren }): ComponentChildren {
  return children;
}

const pures = new WeakSet<object>();

/** Makes a component that is drawn again only when something that it is given changed. */
export function pure<C extends object>(component: C): C {
  pures.add(component);
  return component;
}

function sameProps(now: Attributes, before: Attributes): boolean {
  return Object.keys(now).every((name) => Object.is(now[name], before[name]));
}

function partOf(child: unknown): Part | null {
  if (child === null || child === undefined || typeof child === "boolean") return null;
  if (Array.isArray(child)) return h(Fragment, { children: child });
  return typeof child === "object" ? (child as Part) : h(null, { text: String(child) });
}

function started(part: Part, around: Drawn | null, host: Element, context: unknown): Drawn {
  const depth = around ? around.depth + 1 : 0;
  const state = { dom: null, inside: [], hooks: [], moved: true, stale: true, gone: false };
  return { part, around, depth, host, context, ...state };
}

let current: Drawn;
let next = 0;
/** Components whose effects are due, children first. */
let drawn: Drawn[] = [];
let painted: Drawn[] = [];
const queue: Drawn[] = [];

/** Of the component that is being drawn. */
export function currentHook<T extends object>(make: (one: Drawn) => T): T {
  const { hooks } = current;
  hooks[next] ??= make(current);
  next += 1;
  return hooks[next - 1] as T;
}

export function currentContext(): unknown {
  return current.context;
}

function runEffects({ hooks }: Drawn, late: boolean): void {
  const due = hooks.filter((hook) => hook.effect && hook.late === late);
  for (const { end } of due) if (typeof end === "function") end();
  for (const hook of due) {
    const { effect } = hook;
    hook.effect = undefined;
    hook.end = effect?.();
  }
}

function drawElement(one: Drawn, type: string, before: Attributes): void {
  const { props } = one.part;
  const space = type === "svg" ? "http://www.w3.org/2000/svg" : one.host.namespaceURI;
  one.dom ??= document.createElementNS(space, type) as HTMLElement;
  const element = one.dom as HTMLElement;
  setAttributes(element, props, before);
  drawInside(one, props.children, element);
  putInside(one, element, null, false);
  setValues(element, props);
  if (props.ref) (props.ref as { current: unknown }).current = element;
}

function draw(one: Drawn, before: Attributes): void {
  const { type, props } = one.part;
  one.stale = false;
  if (typeof type === "string") drawElement(one, type, before);
  else if (type === null) {
    one.dom ??= document.createTextNode("");
    if (before.text !== props.text) (one.dom as Text).data = props.text as string;
  } else {
    runEffects(one, true); // those of the last time come before the next
    current = one;
    next = 0;
    drawInside(one, (type as (given: object) => unknown)(props), one.host);
    if (one.hooks.length > 0) drawn.push(one);
  }
}

/** Which part goes on with what stands there: that of its key, else that of its place. */
function drawInside(one: Drawn, content: unknown, host: Element): void {
  const before = one.inside;
  const parts = (Array.isArray(content) ? content : [content]).map(partOf);
  const keyed = new Map(before.map((old) => [old?.part.key, old]));
  const left = new Map(before.map((old, place) => [old, place]));
  const places = parts.map((part, i) => {
    const old = part && (part.key === undefined ? before[i] : keyed.get(part.key));
    if (!old || old.part.type !== part.type || old.part.key !== part.key) return -1;
    const place = left.get(old) ?? -1;
    left.delete(old);
    return place;
  });
  for (const old of left.keys()) remove(old, true);
  const stay = rising(places);
  one.inside = parts.map((part, i) => {
    if (!part) return null;
    const old = before[places[i] as number] ?? started(part, one, host, one.context);
    const { part: was, stale } = old;
    old.moved = old.moved || !stay.has(i);
    old.part = part;
    const isSame =
      was === part || (pures.has(part.type as object) && sameProps(part.props, was.props));
    if (stale || !isSame) draw(old, old.dom ? was.props : {});
    return old;
  });
}

/** Puts what is not where it belongs before `before`; returns the first of it in the page. */
function put(one: Drawn, host: Element, before: Node | null, all: boolean): Node | null {
  const move = all || one.moved;
  one.moved = false;
  if (!one.dom) return putInside(one, host, before, move);
  if (move) host.insertBefore(one.dom, before);
  return one.dom;
}

function putInside(one: Drawn, host: Element, before: Node | null, all: boolean): Node | null {
  return one.inside.reduceRight(
    (node, child) => (child ? put(child, host, node, all) : node),
    before,
  );
}

function firstNode(one: Drawn | null | undefined): Node | null {
  if (!one || one.dom) return one?.dom ?? null;
  for (const child of one.inside) {
    const node = firstNode(child);
    if (node) return node;
  }
  return null;
}

/** What stands after a component in its host. */
function nodeAfter(one: Drawn): Node | null {
  const { around } = one;
  if (!around) return null;
  for (let i = around.inside.indexOf(one) + 1; i < around.inside.length; i += 1) {
    const node = firstNode(around.inside[i]);
    if (node) return node;
  }
  return around.dom ? null : nodeAfter(around);
}

function remove(one: Drawn | null, fromPage: boolean): void {
  if (!one) return;
  const { dom, part, hooks } = one;
  one.gone = true;
  if (part.props.ref) (part.props.ref as { current: unknown }).current = null;
  for (const { end } of hooks) if (typeof end === "function") end();
  for (const child of one.inside) remove(child, fromPage && !dom);
  if (fromPage) dom?.remove();
}

/** Soon after the next paint, or in a page that is not painted, as in a hidden tab. */
function afterPaint(run: () => void): void {
  const soon = (): void => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    setTimeout(run);
  };
  const timer = setTimeout(soon, 35);
  const frame = requestAnimationFrame(soon);
}

function show(one: Drawn): void {
  draw(one, one.part.props);
  putInside(one, one.host, nodeAfter(one), false);
  const ready = drawn;
  drawn = [];
  for (const each of ready) if (!each.gone) runEffects(each, false);
  const late = ready.filter(({ hooks }) => hooks.some(({ effect }) => effect));
  if (late.length > 0 && painted.length === 0) {
    afterPaint(() => {
      const all = painted;
      painted = [];
      for (const each of all) if (!each.gone) runEffects(each, true);
    });
  }
  painted.push(...late);
}

function showQueue(): void {
  try {
    while (queue.length > 0) {
      queue.sort((a, b) => a.depth - b.depth); // what is around may draw what is inside, too
      const one = queue.shift() as Drawn;
      if (one.stale && !one.gone) show(one);
    }
  } finally {
    if (queue.length > 0) queueMicrotask(showQueue);
  }
}

/** Draws a component again, together with all others that are out of date. */
export function redraw(one: Drawn): void {
  if (one.stale) return;
  one.stale = true;
  queue.push(one);
  if (queue.length === 1) queueMicrotask(showQueue);
}

/** Draws into an element; returns what takes it away again. */
export function render(content: ComponentChildren, host: Element, context?: unknown): () => void {
  const root = started(h(Fragment, { children: content }), null, host, context);
  show(root);
  return () => remove(root, true);
}
