"""The map beside the Explorer in a real JupyterLab: selections and colours go both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures import blobs, write_images  # type: ignore[import-not-found] # of the folder above
from lab import Lab
from playwright.sync_api import Locator, expect
from test_accessibility import SWITCH

SIZES = (30, 20, 10)
SCREENSHOTS = Path("test-results")

OPEN = """
import numpy as np
import panoptic_nb as pn

project = pn.open_project("images")
project.add_vectors("made", np.load("vectors.npy"))
project.compute_clusters(3)
heard = []
project.on("selection", lambda labels: heard.append(len(labels)))
widget = project.explore()
widget.height = "360px"
widget
"""
SHOW = "plot = project.show_map(method='tsne', perplexity=10, height=320)\nplot"


@pytest.fixture
def canvas(lab: Lab) -> Locator:
    """Open the two; return the map's canvas."""
    import numpy as np

    write_images(lab.folder / "images", sum(SIZES))
    np.save(lab.folder / "vectors.npy", blobs(SIZES))
    lab.new([OPEN, SHOW])
    lab.run_all()
    canvas = lab.output(1).locator("canvas").first
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    return canvas


def lasso(lab: Lab, canvas: Locator) -> None:
    """Draw around the whole map with the mouse."""
    lab.execute("plot._plot.mouse_mode = 'lasso'")
    box = canvas.bounding_box()
    assert box is not None
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = left + box["width"] - 8, top + box["height"] - 8
    mouse = lab.page.mouse
    mouse.move(left, top)
    mouse.down()
    for x, y in [(right, top), (right, bottom), (left, bottom), (left, top + 4)]:
        mouse.move(x, y, steps=12)
    mouse.up()


def test_a_lasso_on_the_map_selects_in_the_explorer(lab: Lab, canvas: Locator) -> None:
    lasso(lab, canvas)
    expect(lab.output(0).get_by_text(f"{sum(SIZES)} selected")).to_be_visible()
    assert lab.value("[heard[-1], len(widget.selected), len(plot.selected)]") == [sum(SIZES)] * 3
    # The other way round: what is selected in the tree.
    lab.execute("widget.selected = project.tree.leaves()[1].index.tolist()")
    count = lab.value("len(widget.selected)")
    expect(lab.output(0).get_by_text(f"{count} selected")).to_be_visible()
    assert lab.value("len(plot.scatter.selection())") == count


def test_the_map_follows_the_theme_and_the_tree(lab: Lab, canvas: Locator) -> None:
    plot = lab.output(1)
    lab.execute("project.compute_clusters(2, node='Cluster 0')")
    expect(plot.get_by_text("Cluster 0/Cluster 0.1", exact=True).first).to_be_visible()
    # A point, where the plot has it: x to the right, y up, the height is 2 of its units.
    x, y = lab.value("plot._plot.points[0][:2].tolist()")
    row = "project.images.first_rows[plot._images[0]]"
    cluster = lab.value(f"next(n.path for n in project.tree.leaves() if {row} in n.rows)")
    box = canvas.bounding_box()
    assert box is not None
    unit = box["height"] / 2
    middle = box["x"] + box["width"] / 2, box["y"] + unit
    lab.page.mouse.move(*middle)
    lab.page.mouse.move(middle[0] + x * unit, middle[1] - y * unit, steps=3)
    expect(plot.get_by_text(cluster, exact=True)).to_have_count(2)  # and in the legend
    picture = lab.page.locator('[style*="data:image/jpeg"]')
    expect(plot.locator('[style*="opacity: 1"]').filter(has=picture).first).to_be_visible()
    lab.screenshot(SCREENSHOTS / "map-light.png")
    lab.page.evaluate(SWITCH, "JupyterLab Dark")
    expect(plot.locator('[style*="rgb(17, 17, 17)"]').first).to_be_attached()
    lab.screenshot(SCREENSHOTS / "map-dark.png")
