/** From the attributes of an element, as Preact's types have them, to the page. */

export type Attributes = Record<string, unknown>;
type Style = Record<string, string | undefined>;
type Handler = (event: Event) => void;

/** What the page says of these as properties is no help: read-only, numbers, words of their own. */
const NO_PROPERTY =
  /^(width|height|href|list|form|tabIndex|download|rowSpan|colSpan|role|popover)$/;
/** Set when all that they may be about is there: a choice has its options by then. */
const LAST = ["value", "checked"] as const;
/** For those who draw, not for the page. */
const NONE: readonly string[] = [...LAST, "key", "ref", "children"];

const handlers = new WeakMap<EventTarget, Record<string, Handler>>();

function handle(event: Event): void {
  handlers.get(event.currentTarget as EventTarget)?.[event.type]?.(event);
}

function listen(dom: Element, type: string, handler: Handler): void {
  const own = handlers.get(dom) ?? {};
  handlers.set(dom, own);
  if (!(type in own)) dom.addEventListener(type, handle);
  own[type] = handler;
}

function setStyle(style: CSSStyleDeclaration, next: Style = {}, before: Style = {}): void {
  for (const name in { ...before, ...next }) {
    const value = next[name] ?? "";
    if (next[name] === before[name]) continue;
    if (name.startsWith("-")) style.setProperty(name, value);
    else style[name as "color"] = value;
  }
}

function setAttribute(dom: HTMLElement, name: string, value: unknown, before: unknown): void {
  if (name === "style") setStyle(dom.style, value as Style, before as Style);
  else if (/^on[A-Z]/.test(name)) listen(dom, name.slice(2).toLowerCase(), value as Handler);
  else if (name in dom && dom instanceof HTMLElement && !NO_PROPERTY.test(name)) {
    dom[name as "title"] = (value ?? "") as string;
  } else if (value === undefined || value === null || (value === false && name[4] !== "-")) {
    dom.removeAttribute(name); // but aria-… and data-… say "false"
  } else dom.setAttribute(name, String(value));
}

/** Everything that changed, before what stands inside is drawn. */
export function setAttributes(dom: HTMLElement, next: Attributes, before: Attributes): void {
  for (const name in { ...before, ...next }) {
    if (next[name] === before[name] || NONE.includes(name)) continue;
    setAttribute(dom, name, next[name], before[name]);
  }
}

/** What the reader may have changed meanwhile is made what it is to be. */
export function setValues(dom: HTMLElement, next: Attributes): void {
  for (const name of LAST) {
    const value = next[name] as string | undefined;
    if (value !== undefined && value !== dom[name as "title"]) dom[name as "title"] = value;
  }
}
