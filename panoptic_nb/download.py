"""Files at web addresses, fetched for a moment: needs no fsspec, and has a limit of size."""

from __future__ import annotations

import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ImageError

#: How the addresses begin.
SCHEMES = ("http://", "https://", "data:")
#: Seconds without an answer.
PATIENCE = 20.0
#: Bytes of one file.
LARGEST = 200 * 2**20


@contextmanager
def fetched(address: str) -> Iterator[Path]:
    """Fetch a file and give it up afterwards.

    Parameters
    ----------
    address
        Begins with one of `SCHEMES`.

    Raises
    ------
    ImageError
        It cannot be fetched; ``reason`` says why in a few words.
    """
    with tempfile.TemporaryDirectory(prefix="panoptic_nb-") as folder:
        path = Path(folder) / "image"
        _fetch(address, path)
        yield path


def _fetch(address: str, path: Path) -> None:
    # Some servers, Wikimedia's among them, refuse programs that do not say who they are.
    request = urllib.request.Request(address, headers={"User-Agent": "panoptic_nb"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer, path.open("wb") as file:
            size = int(answer.headers.get("Content-Length") or 0)
            while size <= LARGEST and (part := answer.read(2**20)):
                file.write(part)
                size = max(size, file.tell())
    except Exception as error:  # of sockets, of TLS, of HTTP, and ValueErrors of bad addresses
        raise ImageError(f"not reachable ({first_line(error)})") from error
    if size > LARGEST:
        raise ImageError(f"larger than {LARGEST // 2**20} MB")
