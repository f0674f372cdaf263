"""The pictures of notebooks/widget.md: what a reader sees in each theme and language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab import Lab
from playwright.sync_api import expect
from test_accessibility import SWITCH
from test_first_light import OPEN, line, nodes

RESULTS = Path("test-results")

VIEWS = [
    ("light", "JupyterLab Light", "en", "Create clusters"),
    ("dark", "JupyterLab Dark", "en", "Create clusters"),
    ("french", "JupyterLab Light", "fr", "Créer des clusters"),
]


@pytest.mark.parametrize(("name", "theme", "language", "words"), VIEWS)
def test_what_a_reader_sees(
    demo: Lab,
    name: str,
    theme: str,
    language: str,
    words: str,
) -> None:
    page = demo.page
    demo.new(
        [OPEN.replace("\nproject\n", f"\nproject.explore().language = {language!r}\nproject\n")]
    )
    page.evaluate(SWITCH, theme)
    demo.run_all()
    demo.execute("project.compute_clusters(10); project.compute_clusters(4, node='Cluster 9')")
    demo.execute("project.rename('Cluster 0', 'flags'); project.lock('flags')")
    demo.execute(
        "project.explore().height = '700px'; project.explore().selected = project.df.index[3:6]"
    )
    expect(nodes(demo)).to_have_count(15)
    expect(page.get_by_test_id("create-clusters").first).to_contain_text(words)
    dark = "dark" if "Dark" in theme else "light"
    expect(page.locator(f'.panoptic-nb[data-theme="{dark}"]')).to_be_visible()
    line(demo, "flags").click()
    expect(page.get_by_test_id("selection-count")).to_contain_text("3")
    line(demo, "").click()
    expect(page.locator(".cell.loading")).to_have_count(0)
    expect(page.locator(".cell img").first).to_have_attribute("src", re.compile("jpeg"))
    widget = page.locator(".panoptic-nb")
    widget.scroll_into_view_if_needed()
    RESULTS.mkdir(exist_ok=True)
    widget.screenshot(path=RESULTS / f"widget-{name}.png")
