"""The file of the journal of annotations: a line of JSON is added for each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from panoptic_nb.errors import ProjectError


class AnnotationLog:
    """The file of a project."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add an entry; raises `ProjectError` when the disk cannot be used."""
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        try:
            with self._path.open("a+b") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(end - 1, 0))
                # What a power cut left of a line stays a line of its own.
                begun = file.read(1) not in (b"", b"\n")
                file.write(f"\n{line}".encode() if begun else line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ProjectError(
                f"{str(self._path)!r} could not be written: {error.strerror}. The annotation "
                "stands, and is missing in project.annotations(); make room or give the folder "
                "write permission.",
                key="not_logged",
                path=str(self._path),
                error=str(error.strerror),
            ) from error

    def read(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first; what was cut off is none."""
        if not self._path.exists():
            return []
        entries = []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and {"changes", "date"} <= entry.keys():
                entries.append(entry)
        return entries
