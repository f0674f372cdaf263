"""The main job in a real JupyterLab: see, cluster, split again, save, and lose nothing."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from demo_project import PROJECT, QUICKSTART
from lab import Lab
from playwright.sync_api import Locator, expect

#: Written at each run; the README shows a copy, notebooks/images/quickstart.png.
README_PICTURE = Path("test-results") / "quickstart.png"
MAX_NOTEBOOK_BYTES = 300_000

DEEPEST = "Cluster 9/Cluster 9.3/Cluster 9.3"

OPEN = f"""
import panoptic_nb as pn
from panoptic_nb.demo import emoji

project = pn.open_project(emoji(), folder={PROJECT!r})
project
"""

SLOW = """
import time

@pn.clustering_function
def slow(vectors: pn.Vectors, progress: pn.Progress, *, seconds: int = 20):
    "Take a while."
    for step in range(seconds * 20):
        progress(step, seconds * 20, "waiting")
        time.sleep(0.05)
    return [0] * len(vectors)
"""


def nodes(lab: Lab) -> Locator:
    """Return the lines of the tree."""
    return lab.page.get_by_test_id("tree-node")


def line(lab: Lab, path: str) -> Locator:
    """Return one line of the tree, by label path."""
    return lab.page.locator(f'[data-testid="tree-node"][data-path="{path}"]')


def create_from(node: Locator, nb_clusters: int | None = None) -> None:
    """Select a line of the tree and split it, with the defaults or another number of clusters."""
    node.click()
    page = node.page
    if nb_clusters is None:
        page.get_by_test_id("create-clusters").first.click()
        return
    page.get_by_test_id("parameters").first.click()
    field = page.locator("form:visible input[name=nb_clusters]")
    field.fill(str(nb_clusters))
    field.press("Enter")


def tree_of(lab: Lab) -> object:
    """Return what must be the same in two trees: path, score and rows of each node."""
    rows = "[[n.path, n.score, n.rows.tolist()] for n in project.tree.walk()]"
    return lab.value(rows)


def choose_function(lab: Lab, name: str) -> Locator:
    """Open the popover of the toolbar on a function; return it."""
    lab.page.get_by_test_id("parameters").first.click()
    form = lab.page.locator("form:visible")
    form.locator("select[name=function]").select_option(name)
    return form


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask the kernel again until it agrees; a message of the browser takes its time."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came true"


def check_small(notebook: Path) -> None:
    """Assert that a notebook file holds no picture and is small."""
    text = notebook.read_text()
    assert len(text.encode()) < MAX_NOTEBOOK_BYTES
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n"):
        assert base64.b64encode(start).decode().rstrip("=")[:-1] not in text


def test_quickstart_runs_and_its_file_stays_small(executed: Path) -> None:
    check_small(executed / QUICKSTART.name)


def test_the_main_job(demo: Lab) -> None:
    page = demo.page
    demo.open(QUICKSTART)
    demo.run_all()
    expect(page.get_by_test_id("image-cell").first).to_be_visible()
    expect(page.get_by_test_id("image-cell").first.locator("img")).to_have_attribute(
        "src", re.compile("^data:image/jpeg")
    )
    expect(nodes(demo)).to_have_count(1)

    page.get_by_test_id("create-clusters").first.click()
    expect(nodes(demo)).to_have_count(11)
    expect(page.get_by_test_id("score")).to_have_count(
        10 + 1
    )  # one more on the grid's first header
    expect(page.get_by_test_id("count-line")).to_contain_text(re.compile(r"1,?903"))
    create_from(line(demo, "Cluster 9"))
    expect(nodes(demo)).to_have_count(21)
    create_from(line(demo, "Cluster 9"), nb_clusters=4)
    expect(nodes(demo)).to_have_count(15)
    create_from(line(demo, "Cluster 9/Cluster 9.3"), nb_clusters=3)
    expect(line(demo, f"{DEEPEST}.2")).to_be_visible()
    page.get_by_test_id("save-clustering").first.click()
    expect(page.get_by_test_id("message")).to_contain_text("Clustering")

    cells = nbformat.read(QUICKSTART, as_version=4).cells  # type: ignore[no-untyped-call]
    position = next(i for i, cell in enumerate(cells) if "value_counts()" in cell.source)
    counts = sum(cell.cell_type == "code" for cell in cells[:position])
    demo.run_cell(position)
    expect(demo.output(counts)).to_contain_text(f"{DEEPEST}.2")

    line(demo, "Cluster 9").click()
    page.set_viewport_size({"width": 1280, "height": 1180})
    demo.output(counts).evaluate("output => output.scrollIntoView({ block: 'end' })")
    without_picture = '[data-testid="image-cell"]:not(:has(img[src^="data:image/jpeg"]))'
    expect(page.locator(without_picture)).to_have_count(0)
    demo.screenshot(README_PICTURE)

    before = tree_of(demo)
    check_small(demo.save())
    demo.reload()
    expect(line(demo, f"{DEEPEST}.2")).to_be_attached()
    expect(page.get_by_test_id("image-cell").first).to_be_visible()
    demo.restart_and_run_all()
    assert tree_of(demo) == before
    expect(line(demo, "Cluster 9")).to_be_visible()
    expect(demo.output(counts)).to_contain_text(f"{DEEPEST}.2")


def test_button_and_cell_agree_and_the_widget_follows(demo: Lab) -> None:
    demo.new([OPEN, "node = project.compute_clusters(nb_clusters=10)"])
    demo.run_cell(0)
    demo.page.get_by_test_id("create-clusters").first.click()
    expect(nodes(demo)).to_have_count(11)
    by_button = tree_of(demo)
    demo.execute("project.close_clusters()")
    expect(nodes(demo)).to_have_count(1)
    demo.run_cell(1)
    expect(nodes(demo)).to_have_count(11)
    assert tree_of(demo) == by_button
    demo.page.get_by_test_id("undo").click()
    expect(nodes(demo)).to_have_count(1)


def test_everything_stays_alive_while_a_function_runs(demo: Lab) -> None:
    page = demo.page
    # The cell sets a trait from the main thread: with ipykernel 7.4 that would steal the route.
    demo.new([OPEN, SLOW, "project.explore().thumb_size = 100", "1 + 1"])
    for cell in (0, 1, 2):
        demo.run_cell(cell)
    before = tree_of(demo)
    form = choose_function(demo, "slow")
    form.get_by_test_id("run").click()
    cancel = page.get_by_test_id("cancel")
    expect(cancel).to_be_visible()

    grid = page.get_by_test_id("image-grid")
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight / 2; }")
    far = page.locator('[data-testid="image-cell"] img[src^="data:image/jpeg"]')
    first = page.get_by_test_id("image-cell").first
    expect(first).not_to_have_attribute("data-index", "0")
    expect(far.nth(10)).to_be_visible()
    demo.run_cell(3)
    expect(demo.output(3)).to_contain_text("2")
    expect(cancel).to_be_visible()

    # Measured in the page: the test's own polling is slower than what it measures.
    waited = cancel.evaluate(
        """button => new Promise(resolve => {
          const start = performance.now();
          const check = () => button.isConnected && button.checkVisibility()
            ? requestAnimationFrame(check) : resolve(performance.now() - start);
          button.click();
          check();
        })"""
    )
    assert waited < 1000
    assert tree_of(demo) == before
    demo.page.get_by_test_id("create-clusters").first.click()
    expect(nodes(demo)).to_have_count(11)


def test_a_cell_that_computes_does_not_stop_the_widget(demo: Lab) -> None:
    demo.new([OPEN, SLOW, "project.run('slow', seconds=8)"])
    demo.run_cell(0)
    demo.run_cell(1)
    demo.page.evaluate(
        """() => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          notebook.activeCellIndex = 2;
          window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    cancel = demo.page.get_by_test_id("cancel")
    expect(cancel).to_be_visible()
    demo.page.get_by_test_id("image-grid").evaluate("grid => { grid.scrollTop = 4000; }")
    pictures = demo.page.locator('[data-testid="image-cell"] img[src^="data:image/jpeg"]')
    expect(demo.page.get_by_test_id("image-cell").first).not_to_have_attribute("data-index", "0")
    expect(pictures.nth(10)).to_be_visible()
    expect(cancel).to_be_visible()
    cancel.click()
    expect(cancel).to_be_hidden()
    expect(demo.output(2)).to_contain_text("Cancelled")


def test_wrong_values_are_refused_on_their_field(demo: Lab) -> None:
    demo.new([OPEN])
    demo.run_all()
    form = choose_function(demo, "compute_clusters")
    field = form.locator("input[name=nb_clusters]")
    for value in ("0", "-7"):
        field.fill(value)
        form.get_by_test_id("run").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(form).to_be_visible()
    expect(nodes(demo)).to_have_count(1)
    field.fill("3")
    field.press("Enter")
    expect(nodes(demo)).to_have_count(4)


def test_more_clusters_than_images_are_capped_and_said(lab: Lab) -> None:
    lab.new(
        [
            "import numpy as np, panoptic_nb as pn\n"
            "from panoptic_nb.demo import emoji\n"
            "project = pn.open_project(emoji().head(5), folder='five')\n"
            "project.add_vectors('own', np.random.default_rng(0).normal(size=(5, 8)))\n"
            "project"
        ]
    )
    lab.run_all()
    lab.page.get_by_test_id("create-clusters").first.click()
    expect(nodes(lab)).to_have_count(6)
    expect(lab.page.get_by_test_id("message")).to_contain_text("5")


def test_without_vectors_a_button_computes_them(lab: Lab) -> None:
    lab.new(
        [
            "import panoptic_nb as pn\n"
            "from panoptic_nb.demo import emoji\n"
            "project = pn.open_project(emoji().head(40), folder='few')\n"
            "project"
        ]
    )
    lab.run_all()
    lab.page.get_by_role("button", name="Compute vectors").first.click()
    expect(lab.page.get_by_role("button", name="Compute vectors")).to_have_count(0)
    lab.page.get_by_test_id("create-clusters").first.click()
    expect(nodes(lab)).to_have_count(11)
    assert lab.value("list(project.vector_sets)") == ["efficientnet-lite0"]


def test_selection_reaches_python_and_back(demo: Lab) -> None:
    demo.new([OPEN])
    demo.run_all()
    cells = demo.page.get_by_test_id("image-cell")
    cells.nth(1).click()
    cells.nth(4).click(modifiers=["Shift"])
    expect(demo.page.locator('[data-testid="image-cell"][aria-selected="true"]')).to_have_count(4)
    first, last = (int(str(cells.nth(i).get_attribute("data-index"))) for i in (1, 4))
    wait_for(lambda: len(demo.value("project.explore().selected")) == 4)
    labels = demo.value("project.explore().selected")
    ends = demo.value(f"[project.df.index[{first}], project.df.index[{last}]]")
    assert set(ends) <= set(labels)
    demo.execute(f"project.explore().selected = [project.df.index[{first}]]")
    expect(demo.page.locator('[data-testid="image-cell"][aria-selected="true"]')).to_have_count(1)
    assert demo.value("project.explore().selected") == ends[:1]
