"""The memory of a convolution net's layers, kept from one image to the next."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_USUAL_TRIM, _LARGEST_MMAP, _NEVER = 128 << 10, 32 << 20, 1 << 30


@contextmanager
def kept_heap() -> Iterator[None]:
    """Let glibc keep the buffers that are given back, until the end; other allocators are left.

    Otherwise it returns large ones to the system as soon as they are free, and each is then mapped
    page by page again: a fifth of the time of a convolution net.
    """
    library = _glibc()
    if library is None:
        yield
        return
    mallopt = library.mallopt
    # Its own limit grows up to this; setting the other one would freeze it wherever it was.
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP)
    mallopt(_M_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        mallopt(_M_TRIM_THRESHOLD, _USUAL_TRIM)
        library.malloc_trim(0)


def _glibc() -> Any:
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018, other C libraries do not have it
        return library
    except (AttributeError, OSError, TypeError):
        return None
