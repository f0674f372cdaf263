/** Is the page dark? Native controls follow the answer; colours follow the page's own variables. */

export function isDark(colour: string): boolean | null {
  const parts = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const [red = 0, green = 0, blue = 0, alpha = 1] = parts;
  if (parts.length < 3 || alpha === 0) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** Keeps `data-theme` of the element right; returns what stops it. */
export function followTheme(element: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const update = (): void => {
    const dark = isDark(getComputedStyle(element).backgroundColor);
    element.dataset.theme = dark ? "dark" : "light";
    // No background: the style sheet of the widget itself is still on its way.
    if (dark === null && element.isConnected) timer = setTimeout(update, 100);
  };
  update();
  // JupyterLab says its theme on the body, and the style sheet follows a little later.
  const later = (): void => {
    update();
    setTimeout(update, 300);
  };
  const observer = new MutationObserver(later);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["class", "data-jp-theme-name"],
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
