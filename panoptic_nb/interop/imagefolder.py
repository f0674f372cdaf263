"""A clustering as folders of images, the layout that Hugging Face calls imagefolder."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.files import ImageFile, local_path, path_text
from panoptic_nb.interop.files import AnyPath
from panoptic_nb.interop.safe_names import safe_names

How = Literal["copy", "link"]
#: Where the images are that no cluster took.
UNASSIGNED = "_unassigned"


def export_imagefolder(
    folder: AnyPath, labels: Sequence[Sequence[str]], paths: Sequence[ImageFile], how: How
) -> Path:
    """Write a folder of images for each label, and `metadata.csv`.

    Parameters
    ----------
    labels
        The label paths of each row, none or several.
    paths
        The file of each row.
    how
        "copy" the files, or "link" them: hard links where the disk allows it, else symbolic ones.

    Returns
    -------
    pathlib.Path
        The folder, which appears when everything is in it.
    """
    place = Path(folder).expanduser()
    if how not in ("copy", "link"):
        raise ProjectError(f"how is 'copy' or 'link'. Got {short(how)}.")
    if place.exists():
        raise ProjectError(f"There is already {str(place)!r}; name a new folder.")
    unfinished = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    rows = _files(labels, paths)
    try:
        unfinished.mkdir()
        for name, _, row in rows:
            file = unfinished / name
            file.parent.mkdir(exist_ok=True)
            _put(local_path(paths[row]), file, how)
        (unfinished / "metadata.csv").write_bytes(_metadata(rows, paths))
        unfinished.replace(place)
    except OSError as error:
        raise ProjectError(
            f"The folder {str(place)!r} could not be written: {error.strerror}, "
            f"{error.filename!r}. Nothing was left behind; make room, or look whether that file is "
            "still there."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return place


def _files(
    labels: Sequence[Sequence[str]], paths: Sequence[ImageFile]
) -> list[tuple[str, str, int]]:
    """Return the name within the folder, the label and the row of each file, folder by folder."""
    by_label: dict[str, list[int]] = {}
    for row, own in enumerate(labels):
        for label in own or ("",):
            by_label.setdefault(label, []).append(row)
    left = by_label.pop("", [])
    # The lowest label names the folder, since that is what loaders take for the class; what is
    # called alike is told apart by all of its path.
    lowest = [label.rpartition("/")[2] for label in by_label]
    wanted = [
        last if lowest.count(last) == 1 else label.replace("/", " - ")
        for label, last in zip(by_label, lowest, strict=True)
    ]
    folders = safe_names([UNASSIGNED, *wanted])
    result = []
    for folder, (label, rows) in zip(folders, [("", left), *by_label.items()], strict=True):
        names = safe_names(path_text(paths[row].stem) for row in rows)
        endings = [path_text(paths[row].suffix) for row in rows]
        result += [
            (f"{folder}/{name}{ending}", label, row)
            for name, ending, row in zip(names, endings, rows, strict=True)
        ]
    return result


def _put(source: Path, file: Path, how: How) -> None:
    if how == "copy":
        shutil.copyfile(source, file)
        return
    try:
        os.link(source, file)
    except OSError:  # another disk, or one without hard links
        file.symlink_to(source)


def _metadata(rows: Sequence[tuple[str, str, int]], paths: Sequence[ImageFile]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file_name", "label", "source"])
    table.writerows((name, label, path_text(paths[row])) for name, label, row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
