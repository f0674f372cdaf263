"""The order of the values of a column, whatever it holds."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

_DIGITS = re.compile("[0-9]+")


def column_rank(column: pd.Series[Any], descending: bool = False) -> NDArray[np.int64]:
    """Return a number for each row that sorts the rows by their values.

    Numbers, dates and the like have their own order; categories that of their dtype; texts the
    natural one, "image 9" before "image 10", whatever their case. Anything else goes by its text.

    Returns
    -------
    ndarray of int64 (n,)
        From 0; equal where the values are. What is missing has the largest, `descending` or not.
    """
    codes, count = _codes(column)
    ranks = count - 1 - codes if descending else codes
    ranks[codes < 0] = count
    return ranks


def _codes(column: pd.Series[Any]) -> tuple[NDArray[np.int64], int]:
    """Return the rank of each value, -1 where it is missing, and how many ranks there are."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return np.array(column.cat.codes, np.int64), len(column.cat.categories)
    if _has_an_order(dtype):
        codes, found = pd.factorize(column, sort=True)
        return codes.astype(np.int64), len(found)
    try:
        codes, found = pd.factorize(column)
    except (TypeError, NotImplementedError):  # lists, for instance, which no table can hold
        texts = pd.Series([_text(value) for value in column], dtype=object)
        codes, found = pd.factorize(texts)
    order = _order(list(found))
    ranks = np.empty(len(order) + 1, np.int64)
    ranks[order] = np.arange(len(order))
    ranks[-1] = -1  # code -1 = missing = the last
    return ranks[codes], len(order)


def _has_an_order(dtype: Any) -> bool:
    number = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    return number or types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype)


def _order(values: list[Any]) -> list[int]:
    """Return the positions of distinct values in their order."""
    if not all(isinstance(value, str) for value in values):
        try:
            return sorted(range(len(values)), key=values.__getitem__)
        except (TypeError, ValueError):  # of several kinds, or of one that has no order
            pass
    keys = [_key(value) for value in values]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _key(value: Any) -> str:
    # Distinct values have distinct keys, 1 and "1" too: the order must not be that of the rows.
    text = value if isinstance(value, str) else str(value)
    return f"{natural_key(text)}\0{text}\0{type(value).__name__}"


def natural_key(text: str) -> str:
    """Return a text that sorts as people do: whatever the case and the accents, 9 before 10.

    Examples
    --------
    >>> sorted(["image 10", "B", "élan", "Image 9", "eau", "b"], key=natural_key)
    ['B', 'b', 'eau', 'élan', 'Image 9', 'image 10']
    """
    folded = text.casefold()
    if not folded.isascii():
        letters = unicodedata.normalize("NFKD", folded)
        folded = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _DIGITS.sub(_padded, folded)


def _padded(number: re.Match[str]) -> str:
    # Behind its length, a longer number comes later; zeros in front do not count.
    digits = number[0].lstrip("0")
    return f"{len(digits):07d}{digits}"


def _text(value: Any) -> str | None:
    """Return the text of a value that may be a list; None where it is missing."""
    if types.is_list_like(value):
        return ", ".join(str(item) for item in value)
    return None if pd.isna(value) else str(value)
