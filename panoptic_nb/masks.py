"""Which rows of a table a mask means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError


def rows_of_mask(mask: Any, index: pd.Index, known: pd.Index) -> NDArray[np.int64]:
    """Return the positions of the rows that a mask holds, ascending.

    Parameters
    ----------
    mask
        True or False for each row: a Series, aligned by its index, or an array or a list of the
        right length. What is missing counts as False.
    index
        Index of the table.
    known
        Labels that a Series may have besides those of the table.

    Raises
    ------
    ProjectError
        This is no mask, it does not fit the table, or it holds no row.
    """
    chosen = _booleans(mask.values if isinstance(mask, pd.Series) else mask)
    if isinstance(mask, pd.Series):
        chosen = _aligned(chosen, mask.index, index, known)
    elif len(chosen) != len(index):
        raise ProjectError(
            f"A mask has a value for each of the {len(index)} rows of project.df. Got "
            f"{len(chosen)}; a Series is aligned by its index."
        )
    if not chosen.any():
        raise ProjectError(
            f"The mask holds none of the {len(index)} rows, so there is nothing to show. Make one "
            "that is True somewhere."
        )
    return np.flatnonzero(chosen)


def _booleans(values: Any) -> NDArray[np.bool_]:
    """Return the values of a mask, missing ones as False, or raise `ProjectError`."""
    array = values
    if isinstance(values, list | tuple):
        array = np.empty(len(values), object)  # numpy would make numbers of [True, nan]
        array[:] = values
    elif not isinstance(values, ExtensionArray):
        array = np.asarray(values)
    if array.ndim != 1:
        raise _no_mask(f"{array.ndim} dimensions" if array.ndim else short(values))
    kind = pd.api.types.infer_dtype(array, skipna=True)
    if kind not in ("boolean", "empty"):
        raise _no_mask(f"{kind} values: {short(array[:3].tolist())}")
    missing = np.asarray(pd.isna(array))
    chosen = np.zeros(len(array), bool)
    chosen[~missing] = np.asarray(array[~missing], bool)
    return chosen


def _no_mask(got: str) -> ProjectError:
    return ProjectError(
        "A mask is a Series, an array or a list of True and False, such as project.df['year'] < "
        f"1900 or project.df.index.isin(labels). Got {got}."
    )


def _aligned(
    chosen: NDArray[np.bool_], labels: pd.Index, index: pd.Index, known: pd.Index
) -> NDArray[np.bool_]:
    if labels.equals(index):
        return chosen  # by position, so that labels may be repeated
    if not (labels.is_unique and index.is_unique):
        raise ProjectError(
            "The index of the mask is not that of project.df and labels are repeated, so they "
            "cannot be aligned. Make the mask from project.df, or give an array."
        )
    unknown = labels[~labels.isin(known)].tolist()
    if unknown:
        raise ProjectError(
            f"{len(unknown)} of {len(labels)} labels of the mask are not in the index of "
            f"project.df, for example {short(unknown[0])}. Make the mask from project.df."
        )
    at = index.get_indexer(labels)
    result = np.zeros(len(index), bool)
    result[at[chosen & (at >= 0)]] = True
    return result
