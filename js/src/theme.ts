/** Is the page dark? Native controls follow the answer; colours follow the page's own variables. */

export function isDark(colour: string): boolean | null {
  const parts = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const [red = 0, green = 0, blue = 0, alpha = 1] = parts;
  if (parts.length < 3 || alpha === 0) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** Keeps `data-theme` of the element right; returns what stops it. */
export function followTheme(element: HTMLElement): () => void {
  const update = (): void => {
    const dark = isDark(getComputedStyle(element).backgroundColor) ?? false;
    element.dataset.theme = dark ? "dark" : "light";
  };
  // JupyterLab says its theme on the body; a style sheet, the widget's too, follows a little later.
  let timers: ReturnType<typeof setTimeout>[] = [];
  const later = (): void => {
    update();
    timers.forEach(clearTimeout);
    timers = [300, 2000].map((pause) => setTimeout(update, pause));
  };
  later();
  const observer = new MutationObserver(later);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["class", "data-jp-theme-name"],
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  document.addEventListener("load", update, true);
  return () => {
    timers.forEach(clearTimeout);
    observer.disconnect();
    document.removeEventListener("load", update, true);
  };
}
