"""A mask opens a part of a project in a widget of its own."""

from __future__ import annotations

from lab import Lab
from playwright.sync_api import expect

CELLS = [
    """
from pathlib import Path
import numpy as np
import panoptic_nb as pn
from PIL import Image

Path("images").mkdir()
for number in range(12):
    Image.new("RGB", (32, 32), (20 * number, 90, 120)).save(f"images/{number:02}.png")
project = pn.open_project("images")
project.add_vectors("mine", np.eye(12)[np.arange(12) % 4] + 0.01)
project
""",
    "project.explore(project.df.index >= 4)",
]


def test_a_part_is_clustered_and_saved_in_the_column_of_all(lab: Lab) -> None:
    lab.new(CELLS)
    lab.run_all()
    whole, part = lab.output(0), lab.output(1)
    expect(whole.get_by_test_id("rows")).to_have_text("12 images")
    expect(part.get_by_test_id("rows")).to_have_text("8 of 12 images")
    expect(part.get_by_test_id("image-cell")).to_have_count(8)
    part.get_by_test_id("create-clusters").first.click()
    expect(part.get_by_test_id("tree-node")).to_have_count(5)
    expect(whole.get_by_test_id("tree-node")).to_have_count(1)
    part.get_by_test_id("save-clustering").click()
    expect(part.get_by_text("Saved in the column")).to_be_visible()
    assert lab.value("project.df['Clustering'].notna().tolist()") == [False] * 4 + [True] * 8
