"""The grid of many rows in a real JupyterLab: wherever one stops, every cell has its picture."""

from __future__ import annotations

import pytest
from lab import Lab
from playwright.sync_api import expect

ROWS = 3000

OPEN = f"""
import numpy as np
import pandas as pd
from PIL import Image
import panoptic_nb as pn

random = np.random.default_rng(0)
for number in range(300):
    picture = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    picture.resize((800, 600), Image.Resampling.NEAREST).save(f"{{number:03d}}.jpg")
table = pd.DataFrame({{"path": [f"{{row % 300:03d}}.jpg" for row in range({ROWS})]}})
project = pn.open_project(table)
project
"""

#: Scrolls for some frames; then how many cells on screen are blank 300 ms after the last.
BLANK_AFTER = """(grid, step) => new Promise(resolve => {
  let frames = 30;
  const blank = () => {
    const box = grid.getBoundingClientRect();
    const onScreen = cell => {
      const { top, bottom } = cell.getBoundingClientRect();
      return bottom > box.top && top < box.bottom;
    };
    const cells = [...grid.querySelectorAll('[data-testid="image-cell"]')].filter(onScreen);
    const pictures = cells.map(cell => cell.querySelector("img"));
    const isBlank = ({ src, complete }) => !src.startsWith("data:image/jpeg") || !complete;
    resolve({ cells: cells.length, blank: pictures.filter(isBlank).length });
  };
  const move = () => {
    grid.scrollTop += step;
    frames -= 1;
    if (frames > 0) requestAnimationFrame(move);
    else setTimeout(blank, 300);
  };
  requestAnimationFrame(move);
})"""


@pytest.fixture
def shown(lab: Lab) -> Lab:
    """Show a project of many rows."""
    lab.new([OPEN])
    lab.run_all()
    expect(lab.page.get_by_test_id("image-cell").first).to_be_visible()
    return lab


def test_no_cell_is_blank_300_ms_after_scrolling(shown: Lab) -> None:
    grid = shown.page.get_by_test_id("image-grid")
    for step in (40, 400, -70, 1500):
        seen = grid.evaluate(BLANK_AFTER, step)
        assert seen["cells"] > 10 and seen["blank"] == 0, (step, seen)


def test_each_size_of_cell_gets_a_picture_that_fills_it(shown: Lab) -> None:
    first = shown.page.get_by_test_id("image-cell").first.locator("img")
    for thumb_size, width in ((40, 64), (112, 128), (220, 256), (480, 512)):
        shown.execute(f"project.explore().thumb_size = {thumb_size}")
        expect(first).to_have_js_property("naturalWidth", width)
