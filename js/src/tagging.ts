/** Tags of images: what is stamped, and the number keys that do it. */

/** A number key and what it stamps. */
export interface TagKey {
  key: string;
  column: string;
  tag: string;
  /** As CSS says it; null while there is no such tag yet. */
  colour: string | null;
}

export interface TagKeys {
  /** Another number whenever tags may have changed. */
  version: number;
  keys: TagKey[];
  /** The column that was stamped last. */
  column: string | null;
}

/** The images that a stamp is for; the selection where neither is given. */
export interface StampTarget {
  node?: number;
  row?: number;
}

export interface StampRequest {
  target: StampTarget;
  anchor: HTMLElement;
}

/** "1" to "9" for a number key, in the row of letters or of numbers, whatever the layout. */
export function digitOf({ code, key }: { code?: string; key: string }): string | null {
  // Without Shift this row types "&é" on a French keyboard: the place of the key is meant.
  return /^(?:Digit|Numpad)([1-9])$/.exec(code ?? "")?.[1] ?? (/^[1-9]$/.test(key) ? key : null);
}
