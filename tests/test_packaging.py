"""What an installed package promises: a light import, a core without widgets, a complete wheel."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "panoptic_nb"
WIDGET_LIBRARIES = {"anywidget", "ipywidgets", "traitlets"}
HEAVY_LIBRARIES = {"torch", "torchvision", "open_clip", "sklearn", "graspologic_native"}
CORE_MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "widgets")
)


def imported_packages(path: Path) -> set[str]:
    """Return the top-level packages that a module imports anywhere, inside functions too."""
    packages = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            packages.add((node.module or "").partition(".")[0])
    return packages


def test_import_is_light() -> None:
    code = "import json, sys, panoptic_nb; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))
    assert "panoptic_nb" in loaded
    assert not (HEAVY_LIBRARIES | WIDGET_LIBRARIES) & set(loaded)


@pytest.mark.parametrize("path", CORE_MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_core_knows_no_widgets(path: Path) -> None:
    assert not imported_packages(path) & WIDGET_LIBRARIES


def test_wheel_is_complete(tmp_path: Path) -> None:
    """The wheel holds every module and all that the browser needs, built without Node."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    browser = {"static/widget.js", "static/widget.css", "locale/en.json", "locale/fr.json"}
    assert names >= {f"panoptic_nb/{name}" for name in browser | {"py.typed"}}
    assert names >= {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    strays = {name for name in names if name.startswith(("tests/", "js/", "notebooks/"))}
    assert not strays
