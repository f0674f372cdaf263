"""Label paths in the cells of a column, whoever wrote them: checked, and image by image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api import types

from panoptic_nb.cluster_order import natural_key
from panoptic_nb.collection import Collection
from panoptic_nb.distinct import distinct
from panoptic_nb.error_text import short
from panoptic_nb.errors import LabelError, ProjectError
from panoptic_nb.node_labels import RESERVED, check_text
from panoptic_nb.tag_cells import is_list, is_missing
from panoptic_nb.tree import SEPARATOR

Ints = NDArray[np.int64]
Path = tuple[str, ...]

#: More clusters, or levels, than that are no clustering that anybody could look at.
MAX_CLUSTERS = 100_000
MAX_LEVELS = 100


@dataclass(frozen=True)
class LabelPaths:
    """Which image is under which path.

    Attributes
    ----------
    images, paths : ndarray of int64 (m,)
        Positions of the images, and of their paths in `names`; each pair once, sorted.
    names : list of tuple of str
        The paths as labels from the top down, in the order of the clusters.
    """

    images: Ints
    paths: Ints
    names: list[Path]


def cells(column: pd.Series[Any]) -> tuple[Ints, Ints, list[Any]]:
    """Return the values in the cells of a column: their rows, their numbers, the distinct ones.

    Cells hold one value, or a list of them, or are missing.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy().astype(np.int64)
        rows = np.flatnonzero(codes >= 0)
        return rows, codes[rows], dtype.categories.tolist()
    if isinstance(dtype, pd.ArrowDtype) and is_list(dtype.pyarrow_dtype):
        lists = pa.chunked_array(pa.array(column, from_pandas=True))
        counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
        values = pd.Series(pc.list_flatten(lists).to_numpy(zero_copy_only=False), dtype=object)
        rows = np.repeat(np.arange(len(column)), counts.astype(np.int64))
    else:
        values = column.astype(object).reset_index(drop=True)
        if values.map(types.is_list_like).any():
            values = values.map(lambda cell: list(cell) if types.is_list_like(cell) else [cell])
            values = values.explode()
        rows = values.index.to_numpy().astype(np.int64)
    try:
        numbers, found = pd.factorize(values.to_numpy())
    except TypeError:  # what cannot be hashed is no text
        odd = next(value for value in values if types.is_list_like(value) or _unhashable(value))
        raise _no_path(odd) from None
    there = numbers >= 0
    return rows[there], numbers[there].astype(np.int64), list(found)


def _unhashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return True
    return False


def read(column: pd.Series[Any], images: Collection, written: Mapping[str, str]) -> LabelPaths:
    """Return the label paths of each image.

    An image that stands in several rows is in the clusters of all of them. Labels are trimmed. What
    is empty, or ends in "Unassigned", goes no further than the cluster above.

    Parameters
    ----------
    written
        What is written in the column for a path that is another: leaves only.

    Raises
    ------
    ProjectError
        A value is no label path, or there are none, or more than anybody could look at.
    """
    rows, numbers, values = cells(column)
    used = distinct(numbers).tolist()
    if len(used) > MAX_CLUSTERS:
        raise ProjectError(
            f"The column holds {len(used):,} different values, more than clusters can be "
            f"({MAX_CLUSTERS:,}). Choose a column of label paths.",
            key="too_many_paths",
            paths=len(used),
            limit=MAX_CLUSTERS,
        )
    # In the order of the categories; else as people sort, whatever the order of the rows.
    if not isinstance(column.dtype, pd.CategoricalDtype):
        used.sort(key=lambda number: [natural_key(part) for part in str(values[number]).split("/")])
    path_of = {number: parse(written.get(values[number], values[number])) for number in used}
    names = list(dict.fromkeys(path for path in path_of.values() if path))
    if not names:
        raise ProjectError(
            "The column holds no label path, so there are no clusters to open.", key="no_paths"
        )
    position = {path: at for at, path in enumerate(names)} | {(): -1}
    lookup = np.full(len(values), -1)
    lookup[used] = [position[path_of[number]] for number in used]
    paths = lookup[numbers]
    there = paths >= 0
    pairs = distinct(images.image_of_row[rows[there]] * len(names) + paths[there])
    return LabelPaths(*np.divmod(pairs, len(names)), names)


def parse(value: Any) -> Path:
    """Return the labels of a path from the top down, () where it names no cluster.

    Raises
    ------
    ProjectError
        It is no text, or has an empty label, or a level below what is left over.
    """
    if is_missing(value):
        return ()
    if not isinstance(value, str):
        raise _no_path(value)
    if not value.strip():
        return ()
    try:
        labels = tuple(check_text(label) for label in value.split(SEPARATOR))
    except LabelError:
        raise ProjectError(
            f"{short(value)} is no label path: a label before, between or behind its '/' is empty. "
            "Write it like 'Animals/birds'.",
            key="bad_path",
            path=short(value),
        ) from None
    if labels[-1] in RESERVED:
        labels = labels[:-1]
    if len(labels) > MAX_LEVELS or any(label in RESERVED for label in labels):
        raise ProjectError(
            f"{short(value)} cannot be a cluster: it has more than {MAX_LEVELS} levels, or one "
            f"below {' or '.join(map(repr, RESERVED))}, where there are no clusters.",
            key="path_no_cluster",
            path=short(value),
            levels=MAX_LEVELS,
        )
    return labels


def _no_path(value: Any) -> ProjectError:
    return ProjectError(
        f"A cell holds {short(value)}, which is no text. Clusters are opened from label paths such "
        "as 'Animals/birds': use .astype('string') on the column first.",
        key="not_a_path",
        value=short(value),
    )


def content_hash(column: pd.Series[Any], images: Collection) -> str:
    """Return a hash (16 hex digits) of which image has which values.

    It depends neither on the order of the rows nor on the form of the column, nor on images
    without a value.
    """
    rows, numbers, values = cells(column)
    of_value = pd.util.hash_array(np.array([str(value) for value in values], dtype=object))
    pairs = distinct(images.image_of_row[rows] * max(len(values), 1) + numbers)
    image, number = np.divmod(pairs, max(len(values), 1))
    total = np.zeros(len(images), np.uint64)
    if len(values):
        np.add.at(total, image, of_value[number])
    there = distinct(image)
    digest = hashlib.sha256(images.digests[there].tobytes())
    digest.update(total[there].astype("<u8").tobytes())
    return digest.hexdigest()[:16]


def fingerprint(column: pd.Series[Any]) -> int:
    """Return a number that changes with the column, in milliseconds for a million rows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        return hash((str(codes.dtype), _crc([codes]), tuple(map(str, dtype.categories))))
    if isinstance(dtype, pd.ArrowDtype):
        chunked = pa.chunked_array(pa.array(column, from_pandas=True))
        buffers = [buffer for chunk in chunked.chunks for buffer in chunk.buffers() if buffer]
        return hash((str(dtype), _crc(buffers)))
    values = column.astype(str) if column.dtype == object else column
    return hash((str(dtype), _crc([pd.util.hash_array(values.to_numpy())])))


def _crc(buffers: Sequence[Any]) -> int:
    import zlib

    crc = 0
    for buffer in buffers:
        crc = zlib.crc32(buffer, crc)
    return crc
