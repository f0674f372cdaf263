"""The page of `project.to_html` by keyboard, without a kernel."""

from __future__ import annotations

from pathlib import Path

from fixtures import blobs, write_images  # type: ignore[import-not-found] # of the folder above
from playwright.sync_api import Page, expect

import panoptic_nb as pn

ODD = "<img src=x onerror=alert(1)> مرحبا 🐶"


def test_a_static_page_is_browsed_by_keyboard(page: Page, tmp_path: Path) -> None:
    write_images(tmp_path / "photos", 400)
    project = pn.open_project(tmp_path / "photos", tmp_path / "project")
    project.add_vectors("blobs", blobs([200, 200]))
    project.compute_clusters(2)
    project.rename("Cluster 0", ODD)
    asked: list[str] = []
    page.on("request", lambda r: None if r.url.startswith("data:") else asked.append(r.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.emulate_media(color_scheme="dark")
    file = project.to_html(tmp_path / "page.html").as_uri()
    page.goto(file)

    rows = page.locator("summary")
    expect(rows.nth(1)).to_contain_text(ODD)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
    cells = page.locator("details.group").first.locator(".grid button")
    expect(cells.first).to_be_hidden()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(cells.first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()

    page.keyboard.press("Enter")
    large = page.locator("dialog")
    expect(large).to_contain_text(cells.nth(1).get_attribute("title") or "?")
    page.keyboard.press("ArrowRight")
    expect(large).to_contain_text(cells.nth(2).get_attribute("title") or "?")
    assert large.locator("img").evaluate("image => image.naturalWidth") > 0
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(cells.nth(2)).to_be_focused()

    page.get_by_role("button", name="Open all").click()
    expect(page.locator("details:not([open])")).to_have_count(0)
    page.get_by_role("button", name="Close all").click()
    expect(cells.first).to_be_hidden()
    assert asked == [file]
