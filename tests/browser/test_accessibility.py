"""The widget is for everybody: axe-core finds nothing wrong in any state, theme or width."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Lab
from playwright.sync_api import Page, expect

#: Installed by `npm ci` in js/, where its version is pinned.
AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

THEMES = (
    "JupyterLab Light",
    "JupyterLab Dark",
    "JupyterLab Light High Contrast",
    "JupyterLab Dark High Contrast",
)

OPEN = """
import time
import numpy as np
import panoptic_nb as pn
from panoptic_nb.demo import emoji

@pn.clustering_function
def slow(vectors: pn.Vectors, progress: pn.Progress):
    "Take a while."
    for step in range(2000):
        progress(step, 2000, "waiting")
        time.sleep(0.05)
    return [0] * len(vectors)

project = pn.open_project(emoji().head(40), folder="everybody")
vectors = np.random.default_rng(0).normal(size=(40, 8))
vectors[3] = np.nan
project.add_vectors("made", vectors)
project.compute_clusters(4)
project.compute_clusters(2, node="Cluster 3")
project.stamp(project.df.index[:5].tolist(), "mine", ["Animals/Birds", "big"])
project.set_tag_keys({1: ("mine", "big"), 2: ("mine", "new")})
widget = project.explore()
widget
"""

CHECK = """async () => {
  const { violations } = await axe.run(".panoptic-nb");
  return violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`);
}"""

SWITCH = """async (theme) => {
  await window.jupyterapp.commands.execute("apputils:change-theme", { theme });
}"""


def check(page: Page, state: str) -> None:
    """Assert that axe-core finds nothing wrong with the widget."""
    assert page.evaluate(CHECK) == [], state


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_is_wrong_in_any_state(lab: Lab, theme: str) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(SWITCH, theme)
    dark = "dark" if "Dark" in theme else "light"
    expect(page.locator(f'.panoptic-nb[data-theme="{dark}"]')).to_be_visible()
    expect(page.get_by_test_id("image-cell").first).to_be_visible()
    check(page, "clusters")

    page.get_by_test_id("parameters").first.click()
    expect(page.get_by_test_id("run")).to_be_visible()
    check(page, "the form of a function")
    page.keyboard.press("Escape")

    page.get_by_test_id("image-cell").nth(1).click()
    page.keyboard.press("t")
    expect(page.get_by_test_id("stamp")).to_be_visible()
    page.get_by_test_id("stamp").locator("select[name=column]").select_option("mine")
    page.locator("input[name=tags]").fill("b")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("tag-chip")).to_be_visible()
    check(page, "the form of tags")
    page.keyboard.press("Escape")

    page.get_by_test_id("image-grid").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("large-view").locator("table")).to_be_visible()
    check(page, "the large view")
    page.keyboard.press("Escape")

    lab.execute("_ = project.start(project.prepare('slow', 'Cluster 1', None, None, {}))")
    expect(page.get_by_test_id("job")).to_be_visible()
    page.get_by_test_id("tree-node").nth(1).hover()
    check(page, "a job")
    page.get_by_test_id("cancel").click()
    expect(page.get_by_test_id("message")).to_be_visible()
    lab.execute("project.events.message.emit(pn.PanopticError('It went wrong.'))")
    expect(page.get_by_test_id("message")).to_contain_text("It went wrong")
    check(page, "an error")

    page.set_viewport_size({"width": 520, "height": 900})
    expect(page.get_by_test_id("image-cell").first).to_be_visible()
    check(page, "a narrow page")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(SWITCH, THEMES[0])


def test_the_widget_fills_the_window_until_escape(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    widget = page.locator(".panoptic-nb")
    button = page.get_by_test_id("full-height")
    before = widget.bounding_box()
    assert before is not None
    page.set_viewport_size({"width": 1280, "height": 1300})
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    full = widget.bounding_box()
    assert full is not None and full["height"] > before["height"] + 300
    assert lab.value("widget.height") == "full"
    page.get_by_test_id("image-grid").focus()
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_nothing_moves_for_who_asks_for_that(lab: Lab) -> None:
    page = lab.page
    page.emulate_media(reduced_motion="reduce")
    lab.new([OPEN])
    lab.run_all()
    caret = page.locator(".caret .icon").first
    durations = caret.evaluate("icon => getComputedStyle(icon).transitionDuration")
    assert durations == "0s"


def test_a_dead_kernel_tells_which_cell_to_run_again(lab: Lab) -> None:
    page = lab.page
    lab.new([OPEN])
    lab.run_all()
    expect(page.get_by_test_id("image-cell").first).to_be_visible()
    lab.restart()
    page.get_by_test_id("create-clusters").first.click()
    gone = page.get_by_test_id("kernel-gone")
    expect(gone).to_be_visible()
    number = lab.output(0).locator(".jp-OutputPrompt").first.text_content()
    expect(gone).to_contain_text(str(number).rstrip(":"))
    lab.errors.clear()  # the kernel answers for a comm that it never heard of
    lab.run_all()
    expect(page.get_by_test_id("kernel-gone")).to_have_count(0)


def test_an_image_whose_file_is_gone_says_so(lab: Lab) -> None:
    page = lab.page
    lab.new(
        [
            "from pathlib import Path\nimport sqlite3\nimport panoptic_nb as pn\n"
            "from PIL import Image\nPath('images').mkdir()\n"
            "for n in range(6):\n    Image.new('RGB', (40, 30), (40 * n, 90, 120))"
            ".save(f'images/{n}.png')\nproject = pn.open_project('images', folder='gone')",
            "project",
        ]
    )
    lab.run_cell(0)
    lab.execute("media = sqlite3.connect('gone/media.sqlite')")
    lab.execute("media.execute('DELETE FROM thumbnails'); media.commit()")
    lab.execute("[path.unlink() for path in Path('images').iterdir()]")
    lab.run_cell(1)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    expect(page.locator(".cell.failed")).to_have_count(6)
    expect(page.get_by_test_id("image-cell").first).to_contain_text("file missing")
    check(page, "images without files")
    page.get_by_test_id("image-grid").press("Home")
    page.get_by_test_id("image-grid").press("Enter")
    expect(page.get_by_test_id("large-note")).to_have_text("file missing: file not found")
    check(page, "an image without its file")
