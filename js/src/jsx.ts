/** What the build turns elements into: shorter than what a browser would have to import itself. */
export { Fragment, h } from "./dom/draw";
