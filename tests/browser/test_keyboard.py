"""What one does to clusters, images and forms, all by keyboard; other tests have the rest."""

from __future__ import annotations

import re

from lab import Lab
from playwright.sync_api import expect
from test_edits import edited, expect_step, focus_on, line, rows, steps  # noqa: F401 - a fixture


def selected(lab: Lab) -> int:
    return int(lab.value("len(project.explore().session.selection)"))


def test_the_tree_is_walked_named_ordered_saved_and_tagged(edited: Lab) -> None:  # noqa: F811
    page, keyboard = edited.page, edited.page.keyboard
    lines = page.get_by_test_id("tree-node")
    tree = focus_on(edited, "")
    tree.press("*")  # closes what is below the clusters
    expect(lines).to_have_count(5)
    focus_on(edited, "Cluster 0").press("ArrowRight")
    expect(lines).to_have_count(7)
    tree.press("ArrowLeft")
    expect(lines).to_have_count(5)

    tree.press("Enter")
    here = page.get_by_test_id("breadcrumb").locator("[aria-current=page]")
    expect(here).to_have_text("Cluster 0")
    page.get_by_test_id("breadcrumb").get_by_role("button", name="All").press("Enter")
    expect(here).to_have_text("All")

    focus_on(edited, "Cluster 1").press(" ")
    expect(page.get_by_test_id("selection-count")).to_contain_text("selected")
    assert selected(edited) == len(rows(edited, "Cluster 1"))
    tree.press("Escape")
    expect(page.get_by_test_id("selection-count")).not_to_contain_text("selected")

    tree.press("F2")
    keyboard.type("first")
    keyboard.press("Enter")
    expect(line(edited, "first")).to_be_visible()
    expect(tree).to_be_focused()
    tree.press("Alt+ArrowDown")
    expect_step(edited, "sort clusters")
    order = edited.value("[n.label for n in project.tree.root.children]")
    assert order == ["Cluster 0", "Cluster 2", "first", "Cluster 3"]
    tree.press("Alt+ArrowUp")
    expect(line(edited, "Cluster 2").locator("xpath=preceding-sibling::*[1]")).to_have_attribute(
        "data-path", "first"
    )

    tree.press("Shift+Space")  # a mark on one, then on another that is not beside it
    focus_on(edited, "Cluster 3").press("Shift+Space")
    expect(page.locator(".tree-line.marked")).to_have_count(2)
    tree.press("Escape")
    expect(page.locator(".tree-line.marked")).to_have_count(0)

    focus_on(edited, "Cluster 0").press("s")
    expect(page.get_by_test_id("message")).to_contain_text("Saved in the column")
    focus_on(edited, "Cluster 0").press("Delete")
    expect_step(edited, "close clusters")
    tree.press("Control+z")
    expect(line(edited, "Cluster 0")).to_have_attribute("aria-expanded", re.compile("true|false"))
    tree.press("Control+Shift+Z")
    expect(line(edited, "Cluster 0")).not_to_have_attribute("aria-expanded", re.compile("."))

    focus_on(edited, "Cluster 2").press("t")
    expect(page.get_by_test_id("stamp")).to_contain_text("Tag “Cluster 2”")
    keyboard.type("seen")
    keyboard.press("Enter")
    expect(page.get_by_test_id("message")).to_contain_text("Added seen")
    assert edited.value("int(project.tagged('tags', 'seen').sum())") == len(
        rows(edited, "Cluster 2")
    )


def test_images_are_chosen_ranged_seen_large_and_sized(edited: Lab) -> None:  # noqa: F811
    page, keyboard = edited.page, edited.page.keyboard
    grid = page.get_by_test_id("image-grid")
    grid.focus()
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight"):
        grid.press(key)
    expect(page.get_by_test_id("selection-count")).to_contain_text("3 selected")
    grid.press("Control+i")
    expect(page.get_by_test_id("selection-count")).to_contain_text("93 selected")
    grid.press("Control+a")
    expect(page.get_by_test_id("selection-count")).to_contain_text("96 selected")
    page.get_by_test_id("invert").first.press("Enter")
    expect(page.get_by_test_id("selection-count")).not_to_contain_text("selected")

    grid.press("Home")
    grid.press("Enter")
    large = page.get_by_test_id("large-view")
    expect(large).to_contain_text("1 of 96")
    keyboard.press("ArrowRight")
    expect(large).to_contain_text("2 of 96")
    large.get_by_role("checkbox").press(" ")
    keyboard.press("ArrowLeft")
    expect(large).to_contain_text("1 of 96")
    expect(large.get_by_role("rowheader", name="Pixels")).to_be_visible()
    keyboard.press("Escape")
    expect(page.get_by_test_id("selection-count")).to_contain_text("1 selected")

    page.get_by_test_id("find-similar").first.press("Enter")
    expect(large.get_by_test_id("similar-image").first).to_be_visible()
    keyboard.press("Escape")

    size = page.get_by_test_id("thumb-size")
    before = int(size.input_value())
    size.press("ArrowRight")
    assert int(size.input_value()) > before
    divider = page.get_by_role("separator")
    width = int(str(divider.get_attribute("aria-valuenow")))
    divider.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", str(width + 16))
    page.get_by_test_id("full-height").press("Enter")
    expect(page.get_by_test_id("full-height")).to_have_attribute("aria-pressed", "true")
    grid.press("Escape")  # first the selection, then the height
    grid.press("Escape")
    expect(page.get_by_test_id("full-height")).to_have_attribute("aria-pressed", "false")


def test_a_form_is_filled_in_and_duplicates_are_refused(edited: Lab) -> None:  # noqa: F811
    page, keyboard = edited.page, edited.page.keyboard
    form = page.locator("form:visible")
    page.get_by_test_id("parameters").first.press("Enter")
    expect(form.locator("input[name=nb_clusters]")).to_be_focused()
    keyboard.type("-5")
    keyboard.press("Enter")
    expect(form.get_by_test_id("field-error")).to_be_visible()
    keyboard.press("Control+a")
    keyboard.type("-1")
    slider = form.locator("input[type=range]")
    slider.press("ArrowRight")
    expect(form.locator("input[name=granularity]")).not_to_have_value("1")
    form.locator("input[name=remember]").press(" ")
    keyboard.press("Escape")
    expect(form).to_have_count(0)

    page.get_by_test_id("parameters").first.press("Enter")
    choice = form.locator("select[name=function]")
    choice.focus()
    keyboard.type(choice.locator("option[value=find_duplicates]").inner_text())
    threshold = form.locator("input[name=min_similarity]")
    threshold.focus()
    keyboard.press("Control+a")
    keyboard.type("0.9")
    keyboard.press("Enter")
    expect(page.get_by_test_id("least-similar").first).to_be_visible()
    first = edited.value("project.tree.root.children[0].label")
    count = len(edited.value("[n.label for n in project.tree.root.children]"))
    focus_on(edited, first).press("n")
    expect(page.get_by_test_id("message")).to_contain_text("not duplicates")
    assert len(edited.value("[n.label for n in project.tree.root.children]")) <= count
    assert steps(edited)[-1] == "not_duplicates"
