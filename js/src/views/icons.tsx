/** A circle, from its highest point. */
const circle = (x: number, top: number, r: number) =>
  `M${x} ${top}a${r} ${r} 0 1 1 0 ${2 * r} ${r} ${r} 0 0 1 0-${2 * r}`;

/** Drawn for this project on a grid of 16; they take the colour of the text. */
const PATHS = {
  undo: "M6 3 2.5 6.5 6 10M3 6.5h6.5a4 4 0 0 1 0 8H7",
  redo: "m10 3 3.5 3.5L10 10M13 6.5H6.5a4 4 0 0 0 0 8H9",
  split: `${circle(8, 1.5, 1.8)}M8 5.1V11M6.8 4.7 3.7 11M9.2 4.7 12.3 11${circle(3, 11.2, 1.4)}${circle(8, 11.2, 1.4)}${circle(13, 11.2, 1.4)}`,
  caret: "m4 6 4 4 4-4",
  save: "M2.5 2.5h8.6l2.4 2.4v8.6h-11zM5 2.7v3.6h5V2.7M4.8 13.3V9.2h6.4v4.1",
  close: "m4 4 8 8M12 4l-8 8",
  expand: "M5 6.5 8 9.5l3-3M2.5 2.5h11v11h-11z",
  collapse: "M5 9.5 8 6.5l3 3M2.5 2.5h11v11h-11z",
  check: "m3.5 8.5 3 3 6-7",
  zoom: `${circle(7, 2.5, 4.5)}M10.3 10.3l3.4 3.4`,
  missing: "M2.5 3.5h11v9h-11zM2.5 11l3-3.2 2.2 2M9.5 9.2l1.5-1.4 2.5 2.7M2 14 14 2",
  info: `${circle(8, 1.8, 6.2)}M8 7.2v4M8 4.7v.2`,
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3.4M8 11.5v.2",
  error: "M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4zM8 4.8v4M8 10.9v.2",
  apart: "M3 6h10M3 10h10M11 2.5l-6 11",
  histogram: "M2.5 13.5v-3M6.2 13.5v-8M9.8 13.5V2.5M13.5 13.5v-5",
  lock: "M4 7.5h8v6H4zM5.5 7.3V5a2.5 2.5 0 0 1 5 0v2.3",
  move: "M2.5 3.5h4L8 5h5.5v8h-11zM5.5 9H10M8.5 7.5 10 9l-1.5 1.5",
  more: "M8 3.5v.01M8 8v.01M8 12.5v.01",
  sort: "M4.5 2.5v11M2 11l2.5 2.5L7 11M9 3.5h5M9 7.5h4M9 11.5h2.5",
  up: "M8 13.5v-11M4 6.5l4-4 4 4",
  down: "M8 2.5v11M4 9.5l4 4 4-4",
  piles: "M2.5 5.5h8v8h-8zM4.5 3.5h8v8M6.5 1.5h8v8",
  invert: "M2.5 2.5h11v11h-11zM13.5 2.5v11h-11zM11 6v5M8.5 8.5V11",
  similar: "M2 3.5h5v5H2zM9 3.5h5v5H9zM2 11.5h5M9 11.5h5",
  back: "M13.5 8h-11M6.5 4l-4 4 4 4",
  left: "m10 3-5 5 5 5",
  right: "m6 3 5 5-5 5",
  tag: "M2.5 2.5h5.2l6 6-5.2 5.2-6-6zM5.4 5.3v.2",
  full: "M6 2.5H2.5V6M10 2.5h3.5V6M6 13.5H2.5V10M10 13.5h3.5V10",
  image: "M2.5 3.5h11v9h-11zM2.5 11l3-3.2 3 3 2-2 3 3M10.5 6.3v0",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      class={`icon icon-${name}`}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
