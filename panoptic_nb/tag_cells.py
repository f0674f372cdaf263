"""Tags in the cells of a column: read as pairs of row and tag, and written back.

Three forms are written. One tag a cell: `category` ("category"), or texts ("text") where the column
holds texts. Several tags a cell: Arrow lists of strings ("list"), as saved clusterings with overlap
have them. A cell without a tag is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api import types

from panoptic_nb.tag_names import canonical

Form = Literal["category", "text", "list"]
Ints = NDArray[np.int64]
NO_MOVES: Mapping[str, str | None] = {}
LIST = pd.ArrowDtype(pa.list_(pa.string()))


@dataclass(frozen=True)
class Pairs:
    """Which row has which tag.

    Attributes
    ----------
    rows : ndarray of int64 (m,)
        Row positions, ascending; the tags of a row in their order.
    tags : ndarray of int64 (m,)
        Position of each tag in `names`.
    names : list of str
        The distinct tags, as their paths are written by the project.
    """

    rows: Ints
    tags: Ints
    names: list[str]


def form_of(column: pd.Series[Any]) -> Form | None:
    """Return the form of a column of tags, None where it is none of ours."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        texts = types.infer_dtype(dtype.categories, skipna=False) in ("string", "empty")
        return "category" if texts else None
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        if is_list(kind):
            return "list" if _is_text(kind.value_type) else None
        return "text" if _is_text(kind) else None
    if types.infer_dtype(column, skipna=True) in ("string", "empty"):
        return "text"
    return None


def is_list(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type is that of lists of any length."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def read(column: pd.Series[Any]) -> Pairs:
    """Return the tags of a column in one of our forms; what holds no name is no tag."""
    form = form_of(column)
    if form == "list":
        lists = _arrow(column)
        values = pc.list_flatten(lists)
        counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
        rows = np.repeat(np.arange(len(column)), counts)
        coded = values.dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        texts = coded.dictionary.to_pylist()
    elif form == "category":
        held, rows = column.cat.codes.to_numpy(), np.arange(len(column))
        used = np.unique(held[held >= 0])
        texts = column.cat.categories[used].tolist()
        codes = np.where(held < 0, -1, np.searchsorted(used, held))
    else:
        factorised, uniques = pd.factorize(column)
        codes, rows = factorised.astype(np.int64), np.arange(len(column))
        texts = list(uniques)
    return _pairs(rows, codes, texts)


def _pairs(rows: Ints, codes: Ints, texts: Sequence[str]) -> Pairs:
    """Return the pairs under the paths of the tags: " a / b" and "a/b" are one."""
    number: dict[str, int] = {"": -1}
    of_text = [number.setdefault(canonical(text), len(number) - 1) for text in texts]
    tags = np.array([*of_text, -1], np.int64)[codes]  # code -1 = missing = the last
    held = tags >= 0
    return _distinct(Pairs(rows[held], tags[held], list(number)[1:]))


def _distinct(pairs: Pairs) -> Pairs:
    """Return the pairs without repeats in a row; the first of equals stays."""
    keys = pairs.rows * max(len(pairs.names), 1) + pairs.tags
    first = np.sort(np.unique(keys, return_index=True)[1])
    return Pairs(pairs.rows[first], pairs.tags[first], pairs.names)


def names(column: pd.Series[Any]) -> list[str]:
    """Return the paths of the tags of a column, those of unused categories too, each once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    return used_names(column)


def used_names(column: pd.Series[Any]) -> list[str]:
    """Return the paths of the tags in the cells of a column, each once.

    Of cells that hold neither texts nor lists, the tag is their text.
    """
    form = form_of(column)
    if form == "list":
        texts = pc.list_flatten(_arrow(column)).unique().drop_null().to_pylist()
    elif form is not None or isinstance(column.dtype, pd.CategoricalDtype):
        texts = [str(value) for value in column.dropna().unique()]
    else:
        texts = [str(i) for value in column for i in _items(value) if not is_missing(i)]
    paths = dict.fromkeys(canonical(text) for text in texts)
    return [path for path in paths if path]


def renamed(pairs: Pairs, names: Sequence[str | None]) -> Pairs:
    """Return the pairs in which every tag has another path; None takes it away."""
    return _pairs(pairs.rows, pairs.tags, [name or "" for name in names])


def write(
    pairs: Pairs,
    rows: int,
    like: pd.Series[Any],
    moves: Mapping[str, str | None] = NO_MOVES,
) -> pd.Series[Any]:
    """Return cells with these tags, in the form of a column (RangeIndex).

    Parameters
    ----------
    rows
        Number of cells.
    like
        A column in one of our forms; categories that it does not have yet come last.
    moves
        The new path of each tag that has another one, None where it is taken away: categories.
    """
    form = form_of(like)
    if form == "list":
        counts = np.bincount(pairs.rows, minlength=rows)
        starts = np.concatenate([[0], np.cumsum(counts)])
        values = pa.array(pairs.names, pa.string()).take(pa.array(pairs.tags))
        lists = pa.LargeListArray.from_arrays(starts, values, mask=pa.array(counts == 0))
        return _series(lists.cast(_arrow(like).type))
    if form == "category":
        known = like.cat.categories
        if moves:
            kept = (moves.get(canonical(name), name) for name in known)
            known = pd.Index(list(dict.fromkeys(n for n in kept if n)), dtype=known.dtype)
        used = [pairs.names[tag] for tag in np.unique(pairs.tags)]
        categories = pd.Index([*known, *_beyond(used, known)], dtype=known.dtype)
        codes = np.full(rows, -1, np.int64)
        codes[pairs.rows] = categories.get_indexer(pd.Index(pairs.names, dtype=object))[pairs.tags]
        return _categorical(codes, categories, bool(like.cat.ordered))
    texts = np.full(rows, None, dtype=object)
    texts[pairs.rows] = np.array(pairs.names, dtype=object)[pairs.tags]
    return pd.Series(texts, dtype=like.dtype)


def put(
    column: pd.Series[Any], rows: Ints, cells: pd.Series[Any], instead_of: pd.Series[Any]
) -> pd.Series[Any] | None:
    """Return a column with other cells in some rows, or None where it cannot hold them.

    Parameters
    ----------
    rows
        Row positions, ascending.
    cells, instead_of
        What is put there, and what was put there before: of their categories, those that only
        `instead_of` has go.
    """
    form = form_of(column)
    if form is None or (form == "list") != (form_of(cells) == "list"):
        return None
    if form == "list":
        fresh = _arrow(cells).cast(_arrow(column).type)
        where = np.arange(len(column))
        where[rows] = len(column) + np.arange(len(rows))
        joined = pa.chunked_array([_arrow(column), fresh])
        return _series(joined.take(pa.array(where)), column.index)
    if form == "category":
        return _put_codes(column, rows, cells, instead_of)
    column = column.copy()
    column.iloc[rows] = cells.astype(object).to_numpy()
    return column


def _put_codes(
    column: pd.Series[Any], rows: Ints, cells: pd.Series[Any], instead_of: pd.Series[Any]
) -> pd.Series[Any]:
    """Do `put` on categories, whose cells need not be looked at."""
    here = column.cat.categories
    codes = column.cat.codes.to_numpy().astype(np.int64)
    codes[rows] = -1
    if isinstance(cells.dtype, pd.CategoricalDtype):
        brought, before = cells.cat.categories, set(instead_of.cat.categories)
    else:
        brought, before = pd.Index(cells.dropna().unique()), set()
    used = set(here[np.unique(codes[codes >= 0])])
    stay = [name for name in here if name in used or name not in before]
    first, last = (brought, stay) if before else (stay, brought)
    categories = pd.Index([*first, *_beyond(last, first)], dtype=here.dtype)
    codes = np.append(categories.get_indexer(here), -1)[codes]
    texts = pd.Index(cells.astype(object).to_numpy(), dtype=object)
    codes[rows] = np.where(texts.isna(), -1, categories.get_indexer(texts))
    return _categorical(codes, categories, bool(column.cat.ordered), column.index)


def same(a: pd.Series[Any] | None, b: pd.Series[Any] | None) -> bool:
    """Tell whether two columns have the same dtype and the same cells, categories included."""
    if a is None or b is None or a.dtype != b.dtype:
        return a is b
    if isinstance(a.dtype, pd.CategoricalDtype):
        codes = np.array_equal(a.cat.codes.to_numpy(), b.cat.codes.to_numpy())
        return codes and a.cat.categories.equals(b.cat.categories)
    if isinstance(a.dtype, pd.ArrowDtype):
        return bool(_arrow(a).equals(_arrow(b)))
    return a.equals(b)


def empty(rows: int, form: Form) -> pd.Series[Any]:
    """Return a column without tags in one of our forms."""
    nothing = [None] * rows
    texts = pd.CategoricalDtype(pd.Index([], dtype=object))
    return pd.Series(nothing, dtype=LIST if form == "list" else texts)


def converted(column: pd.Series[Any], several: bool) -> pd.Series[Any]:
    """Return a column of tags in one of our forms: of lists where a cell may have several."""
    form = form_of(column)
    if form is not None and several == (form == "list"):
        return column
    if several and form is not None:
        return write(read(column), len(column), empty(0, "list")).set_axis(column.index)
    cells = [
        [str(item) for item in _items(value) if not is_missing(item)] or None for value in column
    ]
    if several:
        return pd.Series(cells, dtype=LIST, index=column.index)
    texts = pd.Series([cell[0] if cell else None for cell in cells], dtype=object)
    return pd.Series(pd.Categorical(texts), index=column.index)


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)  # the order of a set is another one in every process
    return list(value) if types.is_list_like(value) else [value]


def is_missing(item: Any) -> bool:
    """Tell whether a value of a cell or of a list is missing."""
    return types.is_scalar(item) and bool(pd.isna(item))


def _arrow(column: pd.Series[Any]) -> pa.Array:
    array = pa.array(column)
    if not isinstance(array, pa.ChunkedArray):
        return array
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)


def _series(values: pa.Array, index: Any = None) -> pd.Series[Any]:
    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=index)


def _categorical(
    codes: Ints, categories: pd.Index, ordered: bool, index: Any = None
) -> pd.Series[Any]:
    dtype = pd.CategoricalDtype(categories, ordered)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), index=index)


def _beyond(values: Any, known: Any) -> list[Any]:
    """Return the values that are not among those known, in their order."""
    held = set(known)
    return [value for value in values if value not in held]
