"""The grid and the tree as widgets of their own, laid out by ipywidgets, as one."""

from __future__ import annotations

from lab import Lab
from playwright.sync_api import expect
from test_edits import OPEN, expect_step, line, rows

LAID_OUT = """
from ipywidgets import HBox, Layout

grid, tree = pn.ImageGrid(project), pn.ClusterTree(project)
grid.layout, tree.layout = Layout(width="60%"), Layout(width="40%")
HBox([tree, grid])
"""


def test_images_are_dragged_from_one_widget_to_another(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN.replace("project.explore()", ""), LAID_OUT])
    lab.run_all()
    expect(page.get_by_test_id("tree-node")).to_have_count(7)
    line(lab, "Cluster 1").click()
    cells = page.get_by_test_id("image-cell")
    expect(cells).to_have_count(len(rows(lab, "Cluster 1")))
    row = int(cells.first.get_attribute("data-index") or "")
    cells.first.drag_to(line(lab, "Cluster 2"))
    expect_step(lab, "move images")
    assert row in rows(lab, "Cluster 2")

    cells.nth(0).click()
    cells.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_test_id("selection-count").first).to_contain_text("3 selected")
    picked = lab.value("grid.session.selection.tolist()")
    cells.nth(1).drag_to(line(lab, "Cluster 3"))
    expect(page.get_by_test_id("selection-count").first).not_to_contain_text("3 selected")
    assert set(picked) <= set(rows(lab, "Cluster 3"))
