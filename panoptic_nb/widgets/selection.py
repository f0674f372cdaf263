"""The selection on its way to the browser and back: rows, or a bit a row, whichever is shorter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: The first four bytes say what follows: row positions as uint32, or bits, the first row first.
ROWS, BITS = (1).to_bytes(4, "little"), (2).to_bytes(4, "little")


def pack_selection(rows: NDArray[np.int64], n_rows: int) -> bytes:
    """Return row positions of a table of `n_rows` rows as bytes."""
    if 4 * len(rows) <= n_rows / 8:
        return ROWS + np.sort(rows).astype("<u4").tobytes()
    mask = np.zeros(n_rows, bool)
    mask[rows] = True
    return BITS + np.packbits(mask, bitorder="little").tobytes()


def unpack_selection(data: bytes, n_rows: int) -> NDArray[np.int64]:
    """Read what `pack_selection` or the browser wrote: row positions, ascending, each once.

    Rows that the table does not have are left out.

    Raises
    ------
    ValueError
        These bytes are no selection.
    """
    kind, rest = data[:4], data[4:]
    if not data:
        rows = np.empty(0, np.int64)
    elif kind == BITS:
        bits = np.unpackbits(np.frombuffer(rest, np.uint8), bitorder="little")
        rows = np.flatnonzero(bits).astype(np.int64)
    elif kind == ROWS and len(rest) % 4 == 0:
        rows = np.unique(np.frombuffer(rest, "<u4").astype(np.int64))
    else:
        raise ValueError(f"these {len(data)} bytes are no selection")
    return rows[rows < n_rows]


def says(data: bytes, rows: NDArray[np.int64], n_rows: int) -> bool:
    """Tell whether bytes are a selection of these rows, in whichever of the two forms."""
    try:
        return np.array_equal(unpack_selection(data, n_rows), np.sort(rows))
    except ValueError:
        return False
