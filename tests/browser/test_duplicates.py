"""Near-duplicates in a real JupyterLab: explore thresholds, find, refuse, and find again."""

from __future__ import annotations

import re

from lab import Lab
from playwright.sync_api import Locator, expect

#: Flags, clocks and families: among them pictures that are nearly or wholly the same.
OPEN = """
import panoptic_nb as pn
from panoptic_nb.demo import emoji

table = emoji()
names = table["name"].str.lower()
table = table[names.str.contains("clock|family|flag: i")].head(48)
project = pn.open_project(table, folder="alike")
project.embed("efficientnet-lite0")
project
"""


def clusters(lab: Lab) -> list[list[int]]:
    """Return the rows of each cluster of the tree."""
    found: list[list[int]] = lab.value(
        "[n.rows.tolist() for n in project.tree.root.children if n.kind == 'group']"
    )
    return found


def choose_duplicates(lab: Lab) -> Locator:
    """Open the popover of the toolbar on find_duplicates; return it."""
    lab.page.get_by_test_id("parameters").first.click()
    form = lab.page.locator("form:visible")
    form.locator("select[name=function]").select_option("find_duplicates")
    return form


def test_explore_then_find_then_refuse(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    form = choose_duplicates(lab)
    form.get_by_test_id("explore").click()
    said = form.get_by_test_id("would-find")
    threshold = form.locator("input[name=min_similarity]")
    expect(said).to_contain_text("At 0.95: ")
    expect(form.get_by_test_id("histogram")).to_be_visible()
    expect(threshold).to_be_focused()

    # Nothing is made, and the kernel is not asked, while the threshold moves.
    before = str(said.text_content())
    slider = form.locator("input[type=range]")
    for _ in range(5):
        slider.press("ArrowLeft")
    expect(said).to_contain_text("At 0.90: ")
    assert str(said.text_content()).split(": ")[1] != before.split(": ")[1]
    expect(page.get_by_test_id("tree-node")).to_have_count(1)

    counts = re.search(r": (\d+) groups?, (\d+) images", str(said.text_content()))
    assert counts is not None
    groups, images = map(int, counts.groups())
    threshold.press("Enter")
    expect(page.get_by_test_id("least-similar").first).to_be_visible()
    found = clusters(lab)
    assert (len(found), sum(map(len, found))) == (groups, images)

    refused = set(found[0])
    header = page.get_by_test_id("grid-header").first
    header.get_by_test_id("not-duplicates").click()
    expect(page.get_by_test_id("message")).to_contain_text("not duplicates")
    expect(page.get_by_test_id("count-line")).to_contain_text(f"{images - len(refused)} in")
    assert clusters(lab) == found[1:]

    form = choose_duplicates(lab)
    expect(
        form.get_by_test_id("explore"), "the counts of before are no longer true"
    ).to_be_visible()
    form.locator("input[name=min_similarity]").fill("0.9")
    form.get_by_test_id("run").click()
    expect(page.get_by_test_id("undo")).to_have_attribute("title", re.compile("Duplicates"))
    assert all(len(refused & set(rows)) < 2 for rows in clusters(lab))

    for _ in range(2):
        page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("redo")).to_have_attribute("title", re.compile("not duplicates"))
    assert clusters(lab) == found
    assert lab.value("len(project.decisions)") == 0
