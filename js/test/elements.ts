/** Elements as tests write them become those of this widget; see vitest.config.ts. */
import { Fragment, h } from "../src/dom/draw";

export { Fragment };
export const jsx = (type: unknown, props: Record<string, unknown>, key?: unknown) =>
  h(type, key === undefined ? props : { ...props, key });
export const jsxs = jsx;
export const jsxDEV = jsx;
