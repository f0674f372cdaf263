"""The file of an image, on a disk or at an address: opened alike, whichever it is."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from panoptic_nb.remote import RemoteFile

#: A file on a disk, or one that is fetched.
ImageFile = Path | RemoteFile

#: Name, within a project folder, of the folder of what was fetched. It may be deleted at any time.
CACHE = "remote"
# At least two letters: "C:" is a disk. Two colons chain addresses: "zip://a.png::https://...".
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")


def is_address(text: str) -> bool:
    """Tell whether a text is an address that fsspec may know, as against a path."""
    return _ADDRESS.match(text) is not None and not text.lower().startswith("file:")


def without_file_scheme(text: str) -> str:
    """Return the path of a file:// address; any other text as it is."""
    return url2pathname(urlsplit(text).path) if text.lower().startswith("file://") else text


def open_file(file: ImageFile | str) -> BinaryIO:
    """Open a file for reading.

    Raises
    ------
    OSError
        When a file on a disk cannot be read.
    ImageError
        When a remote file cannot be fetched.
    """
    return file.open() if isinstance(file, RemoteFile) else Path(file).open("rb")


def local_path(file: ImageFile) -> Path:
    """Return where a file lies on a disk; one that is remote is fetched first.

    Raises
    ------
    ImageError
        When a remote file cannot be fetched.
    """
    return file.local() if isinstance(file, RemoteFile) else file


def cached_in(folder: Path, files: Sequence[ImageFile | None]) -> list[ImageFile | None]:
    """Return the files; those that are remote keep what they fetch below a project folder."""
    cache = folder / CACHE
    return [replace(file, cache=cache) if isinstance(file, RemoteFile) else file for file in files]


def path_text(path: ImageFile | str) -> str:
    """Return a path or an address as text that tables and databases can hold.

    File names on Linux are bytes; those that are not UTF-8 (old archives) get escapes.
    """
    text = os.fspath(path)
    return text if text.isascii() else os.fsencode(text).decode("utf-8", "backslashreplace")
