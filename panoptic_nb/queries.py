"""What one searches with: which kind of thing it is, and the direction that it stands for."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.collection import Collection
from panoptic_nb.download import SCHEMES, fetched
from panoptic_nb.embeddings.encoder import Encoder, encoding
from panoptic_nb.embeddings.reading import read_other
from panoptic_nb.error_text import short
from panoptic_nb.errors import EncoderError, ImageError, ParameterError, VectorError
from panoptic_nb.files import is_address, without_file_scheme
from panoptic_nb.images import image_extensions
from panoptic_nb.remote import RemoteFile
from panoptic_nb.tree import Node
from panoptic_nb.vectors import bad_rows, normalise

Kind = Literal["text", "rows", "node", "image", "vector"]


def kind_of(query: Any, images: Collection) -> Kind:
    """Return what a query is; see `Project.search` for the rules."""
    if isinstance(query, Node):
        return "node"
    if isinstance(query, Image.Image | os.PathLike):
        return "image"
    if isinstance(query, str):
        return _kind_of_text(query, images)
    is_table_label = isinstance(query, tuple) and images.frame_index.nlevels > 1
    if isinstance(query, Iterable) and not is_table_label and _holds_numbers(query):
        return "vector"
    return "rows"


def check_kind(kind: Any) -> None:
    """Raise `ParameterError` when this is no kind of query."""
    if kind is not None and kind not in get_args(Kind):
        kinds = ", ".join(map(repr, get_args(Kind)))
        raise ParameterError.of("kind", f"kind must be one of {kinds}, or None. Got {short(kind)}.")


def labels_of(query: Any, images: Collection) -> Any:
    """Return the index labels that a query of rows names: itself, or the one that it is."""
    one = isinstance(query, Hashable) and query in images.frame_index
    return [query] if one or isinstance(query, str) or not isinstance(query, Iterable) else query


def is_mask(query: Any) -> bool:
    """Tell whether rows are given by yes and no."""
    values = query if isinstance(query, list | tuple) else getattr(query, "dtype", None)
    if isinstance(values, list | tuple):
        return bool(values) and all(isinstance(value, bool | np.bool_) for value in values)
    return values is not None and pd.api.types.is_bool_dtype(values)


def direction_of_vector(query: Any, dim: int) -> NDArray[np.float64]:
    """Return the unit vector of a raw vector, float64 (d,), or raise `VectorError`."""
    try:
        vector = np.asarray(query, np.float64)
    except (TypeError, ValueError):
        vector = np.empty(0)
    norm = float(np.linalg.norm(vector))
    if vector.shape != (dim,) or not np.isfinite(norm) or norm == 0:
        what = f"the shape {vector.shape}" if vector.shape != (dim,) else short(query)
        raise VectorError(
            f"A vector to search with has {dim} finite numbers that are not all zero, as those of "
            f"the vector set have. Got {what}."
        )
    return vector / norm


def direction_of_image(query: Any, encoder: Encoder) -> NDArray[np.float64]:
    """Return the unit vector that an encoder gives an image that is not in the project.

    Parameters
    ----------
    query
        The path of a file, a web address, or an image.

    Returns
    -------
    ndarray of float64 (d,)

    Raises
    ------
    ImageError
        It cannot be reached, or is no image.
    EncoderError
        The encoder cannot be loaded, or fails.
    """
    image = _read(query, getattr(encoder, "image_size", None))
    with encoding(encoder.name, "the image to search with"):
        rows = np.asarray(encoder.encode_images([image]))
    if rows.ndim != 2 or len(rows) != 1 or bad_rows(rows).any() or np.isnan(rows).any():
        raise EncoderError(
            f"The encoder {encoder.name!r} gave no usable vector (zero, or not finite) for the "
            "image to search with. Choose another image."
        )
    unit: NDArray[np.float64] = normalise(rows)[0].astype(np.float64)
    return unit


def _read(query: Any, image_size: int | None) -> Image.Image:
    try:
        if isinstance(query, Image.Image):
            return read_other(query, image_size)
        text = without_file_scheme(query) if isinstance(query, str) else ""
        if text.startswith(SCHEMES):
            with fetched(text) as path:
                return read_other(path, image_size)
        if is_address(text):
            return read_other(RemoteFile(text), image_size)
        return read_other(Path(text or query).expanduser(), image_size)
    except ImageError as error:
        shown = short(query if isinstance(query, Image.Image) else os.fspath(query))
        raise ImageError(
            error.reason,
            f"The image {shown} to search with cannot be used: {error.reason}. Give the path or "
            "the http(s) address of an image file, or a PIL image.",
            key="query_image",
            image=shown,
            why=error.reason,
        ) from error


def _kind_of_text(query: str, images: Collection) -> Kind:
    if query in images.frame_index:
        return "rows"
    # A file that is not there is no text either: it is missed rather than misunderstood.
    named = query.lower().endswith(tuple(image_extensions()))
    address = is_address(query) or query.startswith((*SCHEMES, "file://"))
    return "image" if named or address or _is_file(query) else "text"


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # a long text is no possible name of a file
        return False


def _holds_numbers(values: Iterable[Any]) -> bool:
    """Tell whether values are numbers with a point, as the entries of vectors are."""
    dtype = getattr(values, "dtype", None)
    if dtype is None:
        listed = isinstance(values, list | tuple) and len(values) > 0
        return listed and all(isinstance(value, float | np.floating) for value in values)
    return bool(pd.api.types.is_float_dtype(dtype))
