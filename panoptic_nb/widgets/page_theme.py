"""Whether the page is dark: for widgets of others, which do not look."""

from __future__ import annotations

import anywidget
import traitlets

_ESM = """
function render({ model, el }) {
  el.style.display = "none";
  const look = () => {
    const probe = getComputedStyle(document.body);
    const named = probe.getPropertyValue("--jp-layout-color0").trim();
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = named || probe.backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    model.set("dark", alpha > 0 && 0.3 * red + 0.59 * green + 0.11 * blue < 128);
    model.save_changes();
  };
  look();
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { attributes: true });
  return () => watcher.disconnect();
}
export default { render };
"""


class PageTheme(anywidget.AnyWidget):
    """Shows nothing; ``dark`` follows the theme of the page."""

    _esm = _ESM
    dark = traitlets.Bool(False).tag(sync=True)
