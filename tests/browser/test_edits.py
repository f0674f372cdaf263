"""Clusters edited by hand in a real JupyterLab: by pointer, and by keyboard alone."""

from __future__ import annotations

import re

import pytest
from lab import Lab
from playwright.sync_api import Locator, expect

#: Four clusters, the first of them split again; colours stand for what a model would see.
OPEN = """
import numpy as np
import panoptic_nb as pn
from panoptic_nb.demo import emoji
from PIL import Image

project = pn.open_project(emoji().head(96), folder="edited")
pixels = [Image.open(path).convert("RGBA").resize((4, 4)) for path in project.df["path"]]
colours = [np.asarray(picture)[..., :3].ravel() for picture in pixels]
project.add_vectors("colours", np.array(colours, float) - 128)
project.compute_clusters(nb_clusters=4)
project.compute_clusters(nb_clusters=2, node="Cluster 0")
project.explore()
"""


@pytest.fixture
def edited(lab: Lab) -> Lab:
    """Give a test a small project with clusters, on screen."""
    lab.new([OPEN])
    lab.run_all()
    expect(lab.page.get_by_test_id("tree-node")).to_have_count(7)
    return lab


def line(lab: Lab, path: str) -> Locator:
    """Return one line of the tree, by label path."""
    return lab.page.locator(f'[data-testid="tree-node"][data-path="{path}"]')


def rows(lab: Lab, path: str) -> list[int]:
    """Return the rows of a cluster in the kernel."""
    found: list[int] = lab.value(f"project.tree.node({path!r}).rows.tolist()")
    return found


def steps(lab: Lab) -> list[str]:
    """Return the names of the edits that are in effect."""
    found: list[str] = lab.value("list(project.history)")
    return found


def expect_step(lab: Lab, name: str) -> None:
    """Wait until the last edit is this one."""
    expect(lab.page.get_by_test_id("undo")).to_have_attribute("title", re.compile(f": {name}"))


def focus_on(lab: Lab, path: str) -> Locator:
    """Put the focus of the tree on a line by keys alone; return the tree."""
    tree = lab.page.get_by_test_id("cluster-tree")
    tree.press("Home")
    for _ in range(20):
        if "focused" in (line(lab, path).get_attribute("class") or ""):
            return tree
        tree.press("ArrowDown")
    raise AssertionError(f"no key leads to {path}")


def test_images_and_clusters_are_dragged(edited: Lab) -> None:
    page = edited.page
    line(edited, "Cluster 1").click()
    cells = page.get_by_test_id("image-cell")
    one = int(cells.first.get_attribute("data-index") or "")
    cells.first.drag_to(line(edited, "Cluster 2"))
    expect_step(edited, "move images")
    assert one in rows(edited, "Cluster 2")
    assert one not in rows(edited, "Cluster 1")

    first, last = cells.nth(0), cells.nth(3)
    first.click()
    last.click(modifiers=["Shift"])
    expect(page.get_by_test_id("selection-count")).to_contain_text("4")
    picked = edited.value("project.explore().session.selection.tolist()")
    last.drag_to(line(edited, "Cluster 2"))
    expect(page.get_by_test_id("selection-count")).to_contain_text("Now in “Cluster 2”")
    assert set(picked) <= set(rows(edited, "Cluster 2"))

    # Onto the middle of a line: below it. Onto its edge: beside it.
    height = 28
    source = line(edited, "Cluster 3")
    source.drag_to(line(edited, "Cluster 2"), target_position={"x": 60, "y": height / 2})
    expect(line(edited, "Cluster 2/Cluster 3")).to_be_visible()
    inner = line(edited, "Cluster 0/Cluster 0.1")
    inner.drag_to(line(edited, "Cluster 0/Cluster 0.0"), target_position={"x": 60, "y": 3})
    expect_step(edited, "sort clusters")
    assert [n.rpartition(".")[2] for n in _labels(edited, "Cluster 0")] == ["1", "0"]
    assert steps(edited)[-4:] == ["move", "move", "move_cluster", "sort_clusters"]


def _labels(lab: Lab, path: str) -> list[str]:
    found: list[str] = lab.value(f"[n.label for n in project.tree.node({path!r}).children]")
    return found


def test_images_are_moved_by_keyboard(edited: Lab) -> None:
    page = edited.page
    line(edited, "Cluster 1").click()
    grid = page.get_by_test_id("image-grid")
    grid.focus()
    for key in ("ArrowRight", " ", "ArrowRight", " ", "m"):
        grid.press(key)
    search = page.get_by_test_id("find-cluster")
    expect(search).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("Move 2 images to")
    page.keyboard.type("cluster 3")
    expect(page.get_by_test_id("choice")).to_have_count(1)
    page.keyboard.press("Enter")
    expect_step(edited, "move images")
    expect(grid).to_be_focused()

    grid.press("m")  # nothing is selected: the image with the focus
    page.keyboard.type("Odd ones")
    expect(page.get_by_test_id("new-cluster")).to_contain_text("“Odd ones”")
    page.keyboard.press("Enter")
    expect(line(edited, "Odd ones")).to_be_visible()
    assert len(rows(edited, "Odd ones")) == 1
    grid.press("Control+z")
    expect(line(edited, "Odd ones")).to_have_count(0)
    grid.press("Control+y")
    expect(line(edited, "Odd ones")).to_be_visible()


def test_clusters_are_edited_by_keyboard(edited: Lab) -> None:
    page = edited.page
    tree = page.get_by_test_id("cluster-tree")
    focus_on(edited, "Cluster 1")
    tree.press("Shift+ArrowDown")
    expect(page.locator(".tree-line.marked")).to_have_count(2)
    together = rows(edited, "Cluster 1") + rows(edited, "Cluster 2")
    tree.press("j")
    expect_step(edited, "merge clusters")
    assert rows(edited, "Cluster 1") == sorted(together)

    focus_on(edited, "Cluster 1").press("l")
    expect(line(edited, "Cluster 1").get_by_test_id("lock")).to_be_visible()
    expect(page.get_by_test_id("create-clusters").first).to_be_disabled()
    tree.press(".")
    menu = page.get_by_test_id("menu")
    expect(menu.get_by_role("menuitem", name="Unlock")).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Move to")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(tree).to_be_focused()

    focus_on(edited, "Cluster 3").press("m")
    page.keyboard.type("cluster 0")
    page.keyboard.press("Enter")
    expect(line(edited, "Cluster 0/Cluster 3")).to_be_visible()

    focus_on(edited, "Cluster 0").press("Shift+F10")
    for _ in range(20):
        if page.locator(":focus").get_attribute("data-testid") == "sort-size":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_step(edited, "sort clusters")
    sizes = edited.value("[len(n.rows) for n in project.tree.node('Cluster 0').children]")
    assert sizes == sorted(sizes, reverse=True)


def test_the_history_is_a_list_that_one_goes_back_in(edited: Lab) -> None:
    page = edited.page
    focus_on(edited, "Cluster 1").press("l")
    expect_step(edited, "lock a cluster")
    page.get_by_test_id("history").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_test_id("menu")
    expect(menu.get_by_role("menuitemradio")).to_have_count(4)
    expect(menu.locator("[aria-checked=true]")).to_be_focused()
    page.screenshot(path="test-results/history.png")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # the first split
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("tree-node")).to_have_count(5)
    assert steps(edited) == ["compute_clusters"]
    page.get_by_test_id("history").click()
    expect(menu.locator(".faint")).to_have_count(2)
    menu.get_by_role("menuitemradio").first.click()
    expect(page.get_by_test_id("tree-node")).to_have_count(7)
    expect(line(edited, "Cluster 1").get_by_test_id("lock")).to_be_visible()


def test_the_path_leads_back_and_the_tree_says_where_one_is(edited: Lab) -> None:
    page = edited.page
    line(edited, "Cluster 0/Cluster 0.1").click()
    crumbs = page.get_by_test_id("breadcrumb")
    expect(crumbs.locator("[aria-current=page]")).to_have_text("Cluster 0.1")
    crumbs.get_by_role("button", name="All").click()
    expect(crumbs.locator("[aria-current=page]")).to_have_text("All")
    here = page.locator('[data-testid="tree-node"][aria-current="location"]')
    expect(here).to_have_attribute("data-path", "Cluster 0/Cluster 0.0")
    page.get_by_test_id("image-grid").evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    expect(here).not_to_have_attribute("data-path", re.compile("Cluster 0"))
    page.locator("[data-testid=grid-header] .name").last.click()
    expect(crumbs.locator("[aria-current=page]")).to_have_text("Cluster 3")
