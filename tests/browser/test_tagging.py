"""Tags in a real JupyterLab: a selection is stamped, images are triaged by number keys."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab import Lab
from playwright.sync_api import Locator, expect

OPEN = """
import numpy as np
import panoptic_nb as pn
from panoptic_nb.demo import emoji

project = pn.open_project(emoji().drop(columns="tags").head(24), folder="tagged")
project.add_vectors("made", np.random.default_rng(0).normal(size=(24, 8)))
project
"""


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came true"


def tagged(lab: Lab, column: str, tag: str) -> list[int]:
    """Return the positions of the rows that have a tag; none while there is no such column."""
    rows: list[int] = lab.value(
        f"np.flatnonzero(project.tagged({column!r}, {tag!r})).tolist() "
        f"if {column!r} in project.df else []"
    )
    return rows


def rows_of(cells: Locator, *places: int) -> list[int]:
    return sorted(int(str(cells.nth(place).get_attribute("data-index"))) for place in places)


def test_stamp_a_selection_and_take_it_back(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    cells = page.get_by_test_id("image-cell")
    cells.nth(0).click()
    cells.nth(2).click(modifiers=["Shift"])
    page.keyboard.press("t")
    form = page.get_by_test_id("stamp")
    field = form.locator("input[name=tags]")
    expect(field).to_be_focused()
    page.keyboard.type("Animals/Birds")
    expect(form.get_by_test_id("tag-option").first).to_contain_text("Animals/Birds")
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    expect(page.get_by_test_id("message")).to_contain_text("Added Animals/Birds")
    stamped = rows_of(cells, 0, 1, 2)
    assert tagged(lab, "tags", "Animals/Birds") == stamped

    # A second stamp finds the tag by any part of its name, and takes it away from one image.
    cells.nth(1).click()
    page.get_by_test_id("stamp-selection").click()
    field.fill("bird")
    expect(form.get_by_test_id("tag-option")).to_have_count(2)
    form.locator("select[name=mode]").select_option("remove")
    expect(form.get_by_test_id("tag-option")).to_have_count(1)
    form.get_by_test_id("tag-option").click()
    form.get_by_test_id("apply").click()
    expect(page.get_by_test_id("message")).to_contain_text("Removed Animals/Birds")
    assert tagged(lab, "tags", "Animals/Birds") == [r for r in stamped if r != rows_of(cells, 1)[0]]

    page.get_by_test_id("image-grid").focus()
    page.keyboard.press("Control+z")
    wait_for(lambda: tagged(lab, "tags", "Animals/Birds") == stamped)
    page.keyboard.press("Control+z")
    wait_for(lambda: "tags" not in lab.value("list(project.df.columns)"))


def test_a_bad_tag_is_refused_on_its_field(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    page.get_by_test_id("open-stamp").click()
    form = page.get_by_test_id("stamp")
    page.keyboard.press("Enter")
    expect(form.get_by_test_id("field-error")).to_contain_text("Choose a tag")
    form.locator("input[name=new-column]").fill("sha1")
    form.locator("input[name=tags]").fill("x")
    page.keyboard.press("Enter")
    expect(form.get_by_test_id("field-error")).to_contain_text("says which images")
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert "tags" not in lab.value("list(project.df.columns)")


def test_triage_by_number_keys(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    page.get_by_test_id("image-grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("t")
    form = page.get_by_test_id("stamp")
    page.keyboard.type("keep")
    form.get_by_test_id("tag-option").first.click()
    form.get_by_test_id("tag-chip").locator("select").select_option("1")
    legend = page.get_by_test_id("tag-keys").first
    expect(legend).to_contain_text("keep")
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()

    page.get_by_test_id("image-grid").focus()
    cells = page.get_by_test_id("image-cell")
    for place in range(3):
        page.keyboard.press("1")
        expect(page.locator(".cell.focused")).to_have_attribute("data-at", str(place + 1))
    marks = page.locator(".tag-marks")
    expect(marks).to_have_count(3)
    kept = rows_of(cells, 0, 1, 2)
    assert tagged(lab, "tags", "keep") == kept
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    expect(marks).to_have_count(2)
    assert len(tagged(lab, "tags", "keep")) == 2

    # In the large view the key is for what is seen there.
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("large-view")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_test_id("large-view")).to_contain_text("5 of 24")
    page.keyboard.press("Escape")
    expect(marks).to_have_count(3)
    assert rows_of(cells, 3)[0] in tagged(lab, "tags", "keep")

    # Another widget of the project knows the keys too, and so does the project when opened again.
    lab.execute("project.rename_tag('tags', 'keep', 'good')")
    expect(legend).to_contain_text("good")
    assert lab.value("[list(key) for key in project.tag_keys.values()]") == [["tags", "good"]]
    assert lab.value("pn.ImageGrid(project)._keys['keys'][0]['tag']") == "good"
