"""The method notebook: it runs, and what is saved of it is what it gives."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from demo_project import NOTEBOOKS, PROJECT
from demo_project import executed as run_notebook

METHOD = NOTEBOOKS / "method.ipynb"
#: GitHub shows larger ones late or not at all.
MOST_BYTES = 1_500_000
#: Not kept: a widget needs its kernel.
WIDGET = "application/vnd.jupyter.widget-view+json"


def kinds_of_outputs(notebook: Path) -> list[tuple[str, list[str]]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [("".join(cell["source"]), kinds(cell.get("outputs", []))) for cell in cells]


def kinds(outputs: list[dict[str, Any]]) -> list[str]:
    shown = [output for output in outputs if WIDGET not in output.get("data", {})]
    return [kind for output in shown for kind in output.get("data", {output["output_type"]: None})]


@pytest.fixture(scope="module", name="again")
def fixture_again(executed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("method")
    shutil.copytree(executed / PROJECT, folder / "emoji_method")  # its vectors are computed
    return run_notebook(METHOD, folder)


def test_it_gives_what_is_saved_of_it(again: Path) -> None:
    assert kinds_of_outputs(again) == kinds_of_outputs(METHOD)
    text = again.read_text(encoding="utf-8")
    assert "<Replay: the same" in text
    assert "Toutes les images ont été regroupées" in json.dumps(
        json.loads(text), ensure_ascii=False
    )


def test_what_is_saved_has_pictures_is_small_and_names_no_machine() -> None:
    text = METHOD.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    shown = [kind for _, outputs in kinds_of_outputs(METHOD) for kind in outputs]
    assert shown.count("image/png") >= 8 and "error" not in shown and "stream" in shown
    assert os.sep + "home" not in text and os.sep + "tmp" + os.sep not in text
    assert all(
        (METHOD.parent / name).exists() for name in ("images/widget-light.png", "quickstart.ipynb")
    )
