"""Fixtures of the browser tests: one server and one browser context for all, a page for each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import launch_options
from demo_project import PROJECT, QUICKSTART
from demo_project import executed as run_notebook
from lab import Lab
from lab_server import Server, start_server
from playwright.sync_api import Browser, BrowserContext, expect

SCREENSHOTS = Path("test-results")
FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=20_000)  # a shared machine with two cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that ``-m "not browser"`` leaves them out."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test failed, for the screenshot that `lab` takes."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium of this machine."""
    return {**browser_type_launch_args, **launch_options()}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a JupyterLab of the tests' own."""
    with start_server(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture(scope="session")
def lab_context(browser: Browser) -> Iterator[BrowserContext]:
    """Open one browser context: JupyterLab's files are fetched and compiled once, not per test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    yield context
    context.close()


@pytest.fixture
def lab(
    request: pytest.FixtureRequest, server: Server, lab_context: BrowserContext
) -> Iterator[Lab]:
    """Give a test its own page and folder; fail it when the page or a widget met an error."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    folder = server.root / name
    folder.mkdir()
    lab = Lab(lab_context.new_page(), server, folder)
    yield lab
    if request.node.stash.get(FAILED, False) or lab.errors:
        lab.screenshot(SCREENSHOTS / f"{name}.png")
    lab.page.close()
    lab.close()
    assert not lab.errors, "The page met errors:\n" + "\n".join(lab.errors)


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the quickstart from nothing, real weights and all; keep its project for the others."""
    return run_notebook(QUICKSTART, tmp_path_factory.mktemp("quickstart")).parent


@pytest.fixture
def demo(lab: Lab, executed: Path) -> Lab:
    """Give a test the embedded demo corpus, without a tree."""
    shutil.copytree(executed / PROJECT, lab.folder / PROJECT)
    return lab
