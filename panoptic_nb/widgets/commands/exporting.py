"""What leaves the project as files, written where the notebook runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from panoptic_nb.widgets.commands.command import At, always, command, has_clusters, has_saved
from panoptic_nb.widgets.commands.result import Result
from panoptic_nb.widgets.words import Words

File = Annotated[str, Field(min_length=1, max_length=500)]


def _written(at: At, title: str, paths: Iterable[Path]) -> Result:
    said = at.said
    rows = [[str(path.resolve()), _size(path, said)] for path in paths]
    head = [said("commands.to_html.file"), said("commands.to_html.size")]
    return Result(title, head=head, rows=rows)


def _size(path: Path, said: Words) -> str:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return f"{said.number(sum(file.stat().st_size for file in files) / 1e6)} MB"


@command("project", has_clusters, begins=True)
def to_html(at: At, *, path: File = "clusters.html") -> Result:
    """Write a page to browse the clusters without a kernel."""
    language: Literal["en", "fr"] = "fr" if at.said.language == "fr" else "en"
    written = at.project.to_html(path, lang=language)
    return _written(at, at.said("commands.to_html.title"), [written])


@command("project", has_saved)
def export_panoptic(at: At, *, folder: File = "panoptic") -> Result:
    """Write the CSV and the thesauri that Panoptic imports."""
    written = at.project.export_panoptic(folder)
    return _written(at, at.said("commands.export_panoptic.title"), written)


@command("project", always)
def export(at: At, *, path: File = "table.parquet") -> Result:
    """Write the table with the records of its clusterings."""
    return _written(at, at.said("commands.export.title"), [at.project.export(path)])


@command("node", always)
def contact_sheet(at: At, *, path: File = "contact-sheet.pdf") -> Result:
    """Write the images of a cluster as a figure."""
    language: Literal["en", "fr"] = "fr" if at.said.language == "fr" else "en"
    written = at.project.contact_sheet(at.node.id, path, lang=language)
    return _written(at, at.said("commands.contact_sheet.title"), [written])
