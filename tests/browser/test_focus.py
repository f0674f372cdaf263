"""Order and focus in a real JupyterLab, by keyboard: sort, piles, hover zoom, similar images."""

from __future__ import annotations

import re

import pytest
from lab import Lab
from playwright.sync_api import expect

#: Twelve colours in three clusters; each of the first four pictures is shown by three rows.
OPEN = """
import numpy as np
import pandas as pd
from PIL import Image
import panoptic_nb as pn

random = np.random.default_rng(0)
for number in range(24):
    picture = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    picture.resize((800, 600), Image.Resampling.NEAREST).save(f"{number:02d}.png")
shown = [*range(24), 0, 1, 2, 3, 0, 1, 2, 3]
table = pd.DataFrame({"path": [f"{n:02d}.png" for n in shown], "year": range(1900, 1932)})
project = pn.open_project(table, folder="focus")
centres = np.eye(8)[np.array(shown) % 3]
noise = np.random.default_rng(1).normal(scale=0.2, size=(24, 8))
project.add_vectors("made", centres + noise[shown])
project.compute_clusters(nb_clusters=3)
widget = project.explore()
widget
"""


@pytest.fixture
def shown(lab: Lab) -> Lab:
    """Show a project of three clusters."""
    lab.new([OPEN])
    lab.run_all()
    expect(lab.page.get_by_test_id("image-cell").first).to_be_visible()
    return lab


def rows_in_grid(lab: Lab) -> list[int]:
    """Return the rows of the cells, in reading order."""
    rows: list[int] = lab.page.get_by_test_id("image-grid").evaluate(
        """grid => [...grid.querySelectorAll("[data-at]")]
          .sort((a, b) => a.dataset.at - b.dataset.at).map(cell => Number(cell.dataset.index))"""
    )
    return rows


def test_images_are_sorted_by_a_column_by_keyboard(shown: Lab) -> None:
    page, keyboard = shown.page, shown.page.keyboard
    page.get_by_test_id("tree-node").nth(1).click()
    page.get_by_test_id("sort").focus()
    keyboard.press("Enter")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitemradio", name="Automatic")).to_be_focused()
    keyboard.press("End")
    last = menu.get_by_role("menuitemradio").last
    expect(last).to_be_focused()
    for _ in range(10):  # up to the column
        if str(page.locator(":focus").text_content()).startswith("year"):
            break
        keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(menu).to_be_hidden()
    sort = page.get_by_test_id("sort")
    expect(sort).to_have_attribute("aria-busy", "false")
    expect(sort).to_contain_text("year")
    expect(sort).to_be_focused()
    assert rows_in_grid(shown) == sorted(rows_in_grid(shown))

    page.get_by_test_id("sort-direction").press("Enter")
    expect(page.get_by_test_id("sort-direction")).to_have_accessible_name(re.compile("^Desc"))
    assert rows_in_grid(shown) == sorted(rows_in_grid(shown), reverse=True)
    year = {"by": "column", "column": "year", "descending": True}
    assert shown.value("widget.sort") == year

    shown.execute("widget.sort = 'outliers'")  # a cell says it, the menu follows
    expect(sort).to_contain_text("Outliers first")


def test_identical_images_lie_on_piles_that_are_one_image(shown: Lab) -> None:
    page = shown.page
    cells = page.get_by_test_id("image-cell")
    expect(cells).to_have_count(32)
    page.get_by_test_id("piles").press("Enter")
    expect(cells).to_have_count(24)
    assert shown.value("widget.piles")
    piles = page.get_by_test_id("pile")
    expect(piles).to_have_text(["3", "3", "3", "3"])
    cell = cells.filter(has=piles).first
    row = int(str(cell.get_attribute("data-index")))
    cell.click()
    copies = [row, 24 + row, 28 + row]
    expect(page.get_by_test_id("selection-count")).to_contain_text("3 selected")
    assert sorted(shown.value("list(map(int, widget.selected))")) == copies

    page.get_by_test_id("image-grid").press("Enter")
    large = page.get_by_test_id("large-view")
    expect(large.get_by_test_id("copies").get_by_role("button")).to_have_count(3)
    expect(large.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("Escape")

    page.get_by_test_id("image-grid").press("Control+i")
    expect(page.get_by_test_id("selection-count")).to_contain_text("29 selected")
    page.get_by_test_id("piles").press("Enter")
    expect(cells).to_have_count(32)


def test_an_image_is_zoomed_by_ctrl_and_by_z(shown: Lab) -> None:
    page, keyboard = shown.page, shown.page.keyboard
    zoom = page.get_by_test_id("hover-zoom")
    cell = page.get_by_test_id("image-cell").nth(5)
    before = cell.bounding_box()
    cell.hover()
    keyboard.down("Control")
    expect(zoom).to_be_visible()
    expect(zoom).to_have_attribute("data-index", str(cell.get_attribute("data-index")))
    expect(zoom.locator("img")).to_have_js_property("complete", True)
    box, size = zoom.bounding_box(), page.viewport_size
    assert box and size and before == cell.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"]
    keyboard.up("Control")
    expect(zoom).to_be_hidden()

    cell.click(modifiers=["Control"])
    expect(page.get_by_test_id("selection-count")).to_contain_text("1 selected")
    grid = page.get_by_test_id("image-grid")
    grid.press("z")
    expect(zoom).to_be_visible()
    first = str(zoom.get_attribute("data-index"))
    grid.press("ArrowRight")
    expect(zoom).not_to_have_attribute("data-index", first)
    grid.press("Escape")
    expect(zoom).to_be_hidden()
    expect(page.get_by_test_id("selection-count")).to_contain_text("1 selected")


def test_similar_images_are_found_walked_through_and_selected(shown: Lab) -> None:
    page, keyboard = shown.page, shown.page.keyboard
    grid = page.get_by_test_id("image-grid")
    grid.focus()
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    large = page.get_by_test_id("large-view")
    title = large.locator(".large-header b")
    expect(title).not_to_be_empty()
    first = str(title.text_content())
    large.get_by_test_id("similar").press("Enter")
    images = large.get_by_test_id("similar-image")
    expect(images.first.locator("img")).to_have_js_property("complete", True)
    expect(images.first).to_have_accessible_name(re.compile(r"^Similarity 0\.\d+; [\d.]+ %"))
    found = shown.value(f"project.similar([{first}]).index.tolist()")
    assert [int(str(i.get_attribute("data-index"))) for i in images.all()] == found

    panel = large.get_by_role("listbox")
    panel.press("ArrowRight")
    panel.press(" ")
    assert shown.value("list(map(int, widget.selected))") == [found[1]]
    panel.press("Enter")
    expect(title).to_have_text(str(found[1]))
    keyboard.press("Alt+ArrowLeft")
    expect(title).to_have_text(first)
    expect(images).to_have_count(len(found))
    large.get_by_test_id("select-similar").press("Enter")
    expect(page.get_by_test_id("selection-count")).to_contain_text(f"{len(found)} selected")
    keyboard.press("Escape")
    expect(grid).to_be_focused()

    page.get_by_test_id("grid-header").first.hover()
    page.get_by_test_id("grid-header").first.get_by_test_id("find-similar").click()
    expect(large.locator(".large-header b")).to_contain_text("Similar to “Cluster")
    expect(images.first).to_be_visible()
    expect(large.get_by_role("checkbox")).to_have_count(0)


def test_headers_show_what_their_clusters_are(shown: Lab) -> None:
    page = shown.page
    strips = page.get_by_test_id("grid-header").get_by_test_id("strip")
    expect(strips).to_have_count(3)
    pictures = strips.first.locator("img")
    expect(pictures).to_have_count(4)
    expect(pictures.first).to_have_js_property("complete", True)
    # The headers are hidden from roles: what they say stands in the tree.
    typical = int(str(strips.first.locator("button").first.get_attribute("data-row")))
    shown.execute("widget.sort = 'typical'")
    expect(page.get_by_test_id("sort")).to_contain_text("Typical first")
    assert rows_in_grid(shown)[0] == typical
