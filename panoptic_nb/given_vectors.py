"""Vectors that a user brings, in the order of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.errors import VectorError
from panoptic_nb.vectors import NewArray, check_vectors, in_memory


def read_rows(
    name: str, vectors: Any, frame: pd.DataFrame, new: NewArray = in_memory
) -> NDArray[np.float32]:
    """Return vectors that a user brought as unit rows in the order of the frame.

    Parameters
    ----------
    name
        The vector set, for the messages.
    vectors
        Array or sequence of n vectors; mapping from index label to vector; Series or DataFrame
        with labels of the frame; or the name of a column of vectors.
    new
        Makes the array of the result, in memory by default.

    Returns
    -------
    ndarray of float32 (n, d)
        NaN rows where there is none.

    Raises
    ------
    VectorError
        Shape, values or labels are wrong.
    """
    if isinstance(vectors, str):
        if vectors not in frame.columns:
            raise VectorError(f"There is no column {vectors!r} to take vectors from.")
        vectors = frame[vectors]
    if isinstance(vectors, Mapping):
        labels = pd.Index(list(vectors), tupleize_cols=frame.index.nlevels > 1)
        return _by_label(name, list(vectors.values()), labels, frame.index)
    if isinstance(vectors, (pd.Series, pd.DataFrame)) and not vectors.index.equals(frame.index):
        return _by_label(name, vectors, vectors.index, frame.index)
    return check_vectors(vectors, len(frame), name, new)


def _by_label(name: str, vectors: Any, labels: pd.Index, index: pd.Index) -> NDArray[np.float32]:
    at = index.get_indexer_for(labels)
    if (at < 0).any():
        raise VectorError(
            f"{int((at < 0).sum())} of {len(labels)} labels of the vectors {name!r} are not in the "
            f"index of project.df, for example {labels[at < 0].tolist()[0]!r}. Use its labels, or "
            "give an array to go by position."
        )
    if not labels.is_unique:
        repeated = labels[labels.duplicated()].tolist()[0]
        raise VectorError(f"The vectors {name!r} have the label {repeated!r} twice.")
    given = check_vectors(vectors, len(labels), name)
    rows = np.full((len(index), given.shape[1]), np.nan, np.float32)
    rows[at] = given
    return rows
