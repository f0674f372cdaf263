"""The quickstart, run from nothing: its project is where the other tests begin."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"
PROJECT = "emoji_panoptic"


def executed(notebook: Path, folder: Path) -> Path:
    """Run a notebook in a folder; return what it became."""
    content = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(content, timeout=900, resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(content, folder / notebook.name)  # type: ignore[no-untyped-call]
    return folder / notebook.name
