"""The widget at a million rows beside ten thousand, and beside an empty page, in one run.

Set ``PANOPTIC_NB_SCROLL_MINUTES=10`` for the long look at memory; by default it takes 2 minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from big_project import BigProject, big_project
from chromium import launch_options
from data import CACHE
from lab_server import Server, start_server
from measured_lab import CLUSTER, WATCH, MeasuredLab, idle_p95, p95
from playwright.sync_api import BrowserContext, sync_playwright

SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 3
SECONDS = 4.0
MINUTES = float(os.environ.get("PANOPTIC_NB_SCROLL_MINUTES", "2"))
MOVES = (("scroll", 40, 1.25), ("scroll", 400, 1.25), ("jump", 0, 1.5))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**launch_options())
        yield browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        browser.close()


@pytest.fixture(scope="module")
def projects() -> dict[int, BigProject]:
    return {rows: big_project(rows, CACHE) for rows in (SMALL, LARGE)}


@pytest.fixture
def opened(
    server: Server, context: BrowserContext, projects: dict[int, BigProject]
) -> Iterator[Any]:
    """Return a function that shows a project in a notebook of its own."""
    labs: list[MeasuredLab] = []

    def show(rows: int) -> tuple[MeasuredLab, dict[str, float]]:
        folder = server.root / f"{rows}-{len(list(server.root.iterdir()))}"
        folder.mkdir()
        projects[rows].forget_work()
        labs.append(MeasuredLab(context, server, folder))
        return labs[-1], labs[-1].show(projects[rows].table, projects[rows].folder)

    yield show
    for lab in labs:
        lab.page.close()
        lab.close()
        assert not lab.errors, lab.errors


def test_first_screen(opened: Any, table: Any) -> None:
    shown = {}
    for rows in (SMALL, LARGE):
        lab, shown[rows] = opened(rows)
        lab.page.close()
        lab.close()
    small, large = shown[SMALL], shown[LARGE]
    for name in ("first", "all"):
        what = {"first": "first thumbnail", "all": "first screen"}[name]
        table.add(f"{what}, 1,000,000 rows, ms", large[name], "10,000 rows", small[name], "<= 2")
    allowed = 2 * small["bytes"] + 4 * LARGE
    table.add("bytes to the first screen", large["bytes"], "2 x 10,000 rows + 4 n", allowed, "<= 1")
    table.note("seconds to open 1,000,000 rows", f"{large['opened']:.1f}", "", True)


def test_scrolling(opened: Any, context: BrowserContext, table: Any) -> None:
    lab, _ = opened(LARGE)
    for kind, pixels, bound in MOVES:
        ours, idle, blank = [], [], 0
        for _ in range(ROUNDS):
            idle.append(idle_p95(context, SECONDS))
            lab.page.bring_to_front()
            moved = lab.probe(f"scroll({kind!r}, {pixels}, {SECONDS})")
            ours.append(p95(moved["gaps"]))
            blank += moved["blanks"]
        what = f"{kind} {pixels} px a frame" if pixels else "random jumps"
        middle = ROUNDS // 2
        mine, empty = sorted(ours)[middle], sorted(idle)[middle]
        table.add(f"{what}: frame p95, ms", mine, "empty page", empty, f"<= {bound}")
        table.note(f"{what}: blank cells after 300 ms", str(blank), "0", blank == 0)


@pytest.mark.timeout(600 + 120 * MINUTES)
def test_memory_of_scrolling(opened: Any, table: Any) -> None:
    lab, _ = opened(LARGE)
    seen = []
    for minutes in (1, MINUTES - 1):
        for _ in range(int(minutes * 6)):
            for kind, pixels, _ in MOVES:
                lab.probe(f"scroll({kind!r}, {pixels}, 3)")
        seen.append(lab.memory())
    first, last = seen
    for name in ("heap", "renderers"):
        what = f"{name} after {MINUTES:g} minutes of scrolling, MB"
        table.add(what, last[name], "after 1 minute", first[name], "<= 1.2")


@pytest.mark.parametrize(("rows", "limit"), [(SMALL, 150), (LARGE, 600)])
def test_create_clusters(opened: Any, table: Any, rows: int, limit: int) -> None:
    lab, _ = opened(rows)
    lab.execute(WATCH)
    click = lab.probe("click('create-clusters', 11)", seconds=120)
    engine = 1000 * lab.value("engine_seconds[-1]")
    rest = click - engine
    what = f"Create clusters to painted, {rows:,} images, without the engine, ms"
    table.note(what, f"{rest:.0f} (engine {engine:.0f})", f"<= {limit}", rest <= limit)


def test_bytes_of_a_split(opened: Any, table: Any) -> None:
    lab, _ = opened(LARGE)
    lab.execute(CLUSTER + "project.run('by_thousands')", seconds=120)
    lab.page.wait_for_timeout(3000)
    before = lab.received
    lab.execute("project.compute_clusters(10, node=project.tree.leaves()[500])", seconds=120)
    lab.page.wait_for_timeout(3000)
    sent = (lab.received - before) / 1000
    table.note("split of 1,000 of 1,000,000 images, kB", f"{sent:.0f}", "< 100", sent < 100)
