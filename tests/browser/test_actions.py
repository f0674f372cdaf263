"""Actions that the kernel describes: found, asked for, answered and used, all by keyboard."""

from __future__ import annotations

from lab import Lab
from playwright.sync_api import Page, expect
from test_accessibility import AXE, check

OPEN = """
import numpy as np
import panoptic_nb as pn
from panoptic_nb.demo import emoji

frame = emoji().head(60).reset_index(drop=True)
frame["year"] = [1990 + i % 3 for i in range(60)]
project = pn.open_project(frame, folder="actions")
vectors = np.random.default_rng(0).normal(size=(60, 8)) + 3 * np.eye(8)[np.arange(60) // 15]
project.add_vectors("made", vectors)
project.compute_clusters(4)
project.save_clustering()
widget = project.explore()
widget
"""


def focused(page: Page) -> str | None:
    name = page.evaluate("document.activeElement.dataset.testid ?? document.activeElement.name")
    return None if name is None else str(name)


def walk_to(page: Page, name: str, key: str = "ArrowDown") -> None:
    """Press a key until what has this test id, or is the field of this name, has the focus."""
    for _ in range(40):
        if focused(page) == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{name} was not reached by {key}.")


def choose(page: Page, name: str) -> None:
    """Choose an action of the project by keyboard."""
    page.get_by_test_id("more").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id(name)).to_be_visible()
    walk_to(page, name)
    page.keyboard.press("Enter")


def test_actions_are_found_filled_in_and_answered_by_keyboard(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.get_by_test_id("result")

    choose(page, "crosstab")
    walk_to(page, "column", "Tab")
    page.keyboard.type("year")
    check(page, "the form of an action")
    page.keyboard.press("Enter")
    expect(result).to_contain_text("1991")
    expect(result).to_be_focused()
    check(page, "a table")
    walk_to(page, "pick", "Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    count = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("selection-count")).to_contain_text(f"{count} selected")
    assert lab.value("len(widget.selected)") == int(count)

    choose(page, "to_python")
    expect(result).to_contain_text("pn.open_project")
    check(page, "a text")
    page.keyboard.press("Escape")
    expect(result).to_have_count(0)

    choose(page, "refine")
    expect(page.get_by_test_id("would")).to_contain_text("would be split")
    page.keyboard.press("Escape")

    page.get_by_test_id("cluster-tree").focus()
    page.keyboard.press("Home")
    page.keyboard.press(".")
    expect(page.get_by_test_id("stability")).to_be_visible()
    walk_to(page, "stability")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("second-badge")).to_have_count(4)
    check(page, "second badges")

    page.get_by_test_id("cluster-tree").focus()
    page.keyboard.press("Escape")  # nothing is selected any more
    page.keyboard.press("ArrowDown")
    page.keyboard.press(".")
    expect(page.get_by_test_id("recommend")).to_be_visible()
    walk_to(page, "recommend")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("similar-image").first).to_be_visible()
    check(page, "recommended images")
    before = lab.value("len(project.tree.root.children[0].index)")
    page.get_by_role("listbox", name="Similar images").focus()
    page.keyboard.press("Space")
    page.get_by_test_id("take_recommended").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("selection-count")).not_to_contain_text("selected")
    assert lab.value("len(project.tree.root.children[0].index)") == before + 1

    choose(page, "open_clustering")
    expect(page.get_by_test_id("run")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run")).to_have_count(0)
    page.get_by_test_id("save-options").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("save-update")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved in the column")).to_be_visible()
    assert lab.value("project.clusterings") == ["Clustering"]
