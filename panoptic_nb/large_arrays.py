"""Arrays of vectors that may be larger than memory: those lie in a file and are read as needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ProjectError

#: Part of the memory that one array may fill; a larger one lies in a file.
MEMORY_SHARE = 4
#: Rows that are gathered, checked or written at a time.
ROWS = 4096
# Of arrays in files of other formats, which are slow to read in small parts.
_MANY_ROWS = 16 * ROWS
_LIMIT_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory() -> int:
    """Return the bytes of memory of this machine or container, a modest guess where none says."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        machine = 8 * 2**30
    try:
        return min(machine, int(_LIMIT_OF_CONTAINER.read_text()))
    except (OSError, ValueError):  # there is none, or it says "max"
        return machine


class Arrays:
    """Makes arrays of vectors, in memory where there is room and else in files of a folder.

    A file is gone when its array is no longer used, however the process ends.

    Parameters
    ----------
    folder
        The project folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return an array of any values.

        Raises
        ------
        ProjectError
            It needs a file, and the disk is full.
        """
        size = 4 * int(np.prod(shape, dtype=np.int64))
        if fits(size):
            return np.empty(shape, np.float32)
        try:
            with tempfile.TemporaryFile(dir=self._folder, prefix="vectors-") as file:
                if hasattr(os, "posix_fallocate"):
                    # Now: a disk that is full when a page is written ends the process.
                    os.posix_fallocate(file.fileno(), 0, size)
                mapped = np.memmap(file, np.float32, "r+", shape=shape)
        except OSError as error:
            raise ProjectError(
                f"Vectors of {size / 2**30:.1f} GB are too many for the memory, and the folder"
                f" {str(self._folder)!r} has no room for them ({first_line(error)})."
            ) from error
        return mapped.view(np.ndarray)

    def rows(self, vectors: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return some rows of an array, as ``vectors[rows]`` does."""
        if fits(4 * len(rows) * vectors.shape[1]):
            return vectors[rows]
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
            return vectors[rows[0] : rows[-1] + 1]
        array = self.new((len(rows), vectors.shape[1]))
        for start in range(0, len(rows), ROWS):
            array[start : start + ROWS] = vectors[rows[start : start + ROWS]]
        return array


def fits(size: int) -> bool:
    """Tell whether an array of so many bytes may lie in memory."""
    return size <= memory() / MEMORY_SHARE


def is_out_of_memory(array: Any) -> bool:
    """Tell whether this is an array of Dask, HDF5 or Zarr, which is read in parts."""
    attributes = ("dtype", "shape", "ndim", "chunks")
    return not isinstance(array, np.ndarray) and all(hasattr(array, name) for name in attributes)


def parts(array: Any) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield where each few rows of a two-dimensional array begin, and the rows.

    Of a Dask array one chunk of rows is in memory at a time.
    """
    if hasattr(array, "rechunk"):
        large, start = array.rechunk({1: -1}), 0
        for number in range(large.numblocks[0]):
            chunk = np.asarray(large.blocks[number].compute())
            yield from ((start + at, part) for at, part in parts(chunk))
            start += len(chunk)
        return
    step = _MANY_ROWS if is_out_of_memory(array) else ROWS
    for start in range(0, len(array), step):
        part = np.asarray(array[start : start + step])
        yield from ((start + at, part[at : at + ROWS]) for at in range(0, len(part), ROWS))
