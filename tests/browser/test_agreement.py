"""Two views of a widget, two other widgets, and cells: all show the same after every step."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from lab import Lab
from playwright.sync_api import expect

STEPS = 200
#: Every tenth step is a real click of a pointer.
REAL = 10
SCRIPT = (Path(__file__).parent / "agreement.js").read_text(encoding="utf-8")

OPEN = """
from pathlib import Path
import numpy as np
import panoptic_nb as pn
from PIL import Image

Path("images").mkdir()
random = np.random.default_rng(0)
for number in range(60):
    Image.new("RGB", (32, 32), tuple(random.integers(0, 256, 3))).save(f"images/{number:02}.png")
project = pn.open_project("images")
project.df["year"] = random.integers(1900, 1910, 60)
project.add_vectors("mine", random.normal(size=(60, 6)))
project.remember(function="compute_clusters", params={"compute_clusters": {"nb_clusters": 3}})
e = project.explore()
e.height = "420px"
e
"""

#: What the kernel says; and what is used in the code of the steps.
HELPERS = """
import json, warnings
import traitlets
from panoptic_nb.counts import node_counts

edits = [0]

def count_edits():
    edits[0] += 1

project.events.tree.connect(count_edits)

def under(key):
    entries, leaves = project.session.packed.entries, project.session.packed.leaves
    waiting, rows = [key], []
    while waiting:
        key = waiting.pop()
        waiting.extend(reversed(entries[key]["children"]))
        rows += leaves[key].rows.tolist() if key in leaves else []
    return rows

def agreed():
    with project._edits.lock:  # not while a job is making the next tree
        return json.dumps(agreed_now())

def agreed_now():
    session, tree = project.session, project.tree
    top = tree.node(session.active)
    while top.is_leaf and top.parent is not None:
        top = top.parent
    counts = node_counts(tree)[top.id]
    return {
        "nodes": {n.id: {"id": n.id, "path": n.path, "kind": n.kind, "score": n.score,
                         "locked": n.locked, "rows": n.rows.tolist(),
                         "children": [c.id for c in n.children]} for n in tree.walk()},
        "active": session.active,
        "order": under(session.active),
        "selected": sorted(session.selection.tolist()),
        "counts": [60] if top.is_leaf else [counts.rows, counts.clusters, counts.unassigned],
        "undo": project.history.undo_name,
        "redo": project.history.redo_name,
        "busy": project.jobs.current is not None,
        "edits": edits[0],
    }

def node(number):
    nodes = list(project.tree.walk())
    return nodes[number % len(nodes)]

def rows(number):
    return random_rows(number, 1 + number % 9)

def random_rows(seed, count):
    return np.random.default_rng(seed).permutation(60)[:count].tolist()

def tried(action):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            action()
        except (pn.PanopticError, traitlets.TraitError):
            pass
    if len(project.tree.states) > 40:
        project.close_clusters()
"""

IN_VIEWS = (
    *("activate", "keys", "circle", "cell", "gridKeys", "create", "create"),
    *("close", "rename", "step", "step", "ctrlZ"),
)
IN_CELLS = (
    "project.compute_clusters(2 + {b} % 3, node=node({a}))",
    "project.find_duplicates(0.7, node=node({a}))",
    "project.close_clusters(node({a}))",
    "project.rename(node({a}), 'cell {b}')",
    "project.merge([node({a}), node({b})])",
    "project.move(rows({a}), node({b}))",
    "project.move_to_new(rows({a}), node({b}))",
    "(project.lock, project.unlock)[{b} % 2](node({a}))",
    "project.sort_clusters(node({a}), ('score', 'size', 'name')[{b} % 3], {b} % 2 == 0)",
    "project.undo()",
    "project.redo()",
    "project.go_to({b} % (len(project.history.steps) + 1))",
    "project.stamp(rows({a}), 'mine', 'tag {b}')",
    "setattr(e, 'selected', project.df.index[rows({a})])",
    "setattr(tree, 'active_node', node({a}))",
    "setattr(grid, 'sort', ('auto', 'hash', 'typical', 'outliers', 'year')[{b} % 5])",
)


def test_all_views_agree_after_every_step(lab: Lab) -> None:
    page = lab.page
    # All cells on screen: JupyterLab takes those that are far away out of the page.
    page.set_viewport_size({"width": 1280, "height": 2200})
    lab.new(
        [
            OPEN,
            "e",
            "tree = pn.ClusterTree(project, height='300px'); tree",
            "grid = pn.ImageGrid(project, height='300px'); grid",
        ]
    )
    lab.run_all()
    expect(page.locator(".panoptic-nb")).to_have_count(4)
    lab.execute(HELPERS)
    page.evaluate(SCRIPT)
    page.evaluate("() => window.agreement.settle(null)")
    chance = random.Random(4)
    done: dict[str, int] = {}
    for step in range(STEPS):
        name = take_a_step(lab, chance, real=step % REAL == 0)
        done[name] = done.get(name, 0) + 1
    assert {*IN_VIEWS, "code", "real"} <= set(done), "each was done at least once"
    assert lab.value("len(project.history.steps)") > 0


def take_a_step(lab: Lab, chance: random.Random, real: bool) -> str:
    """Do something somewhere and wait until all agree; return what it was."""
    numbers = {"a": chance.randrange(10**6), "b": chance.randrange(10**6)}
    try:
        if real:
            click_for_real(lab, chance)
            return "real"
        if chance.random() < 0.4:
            code = chance.choice(IN_CELLS).format(**numbers)
            told: Any = code
            lab.page.evaluate("code => window.agreement.run(code)", f"tried(lambda: {code})")
            return "code"
        told = {"what": chance.choice(IN_VIEWS), "where": chance.randrange(4), **numbers}
        edited = lab.page.evaluate("action => window.agreement.act(action)", told)
        return told["what"] if edited is not None else "nothing"
    except Exception as error:
        raise AssertionError(f"after {'a click' if real else told}: {error}") from error


def click_for_real(lab: Lab, chance: random.Random) -> None:
    """Click an image or a cluster of one of the views with the pointer."""
    kind = chance.choice(["tree-node", "image-cell"])
    views = lab.page.locator(".panoptic-nb", has=lab.page.get_by_test_id(kind))
    view = views.nth(chance.randrange(views.count()))
    view.get_by_test_id(kind).first.click()
    lab.page.evaluate("() => window.agreement.settle(null)")
