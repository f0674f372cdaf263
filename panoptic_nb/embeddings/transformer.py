"""Transformers of scikit-learn as encoders: PCA, NMF, random projections and pipelines of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings.encoder import encoding, no_text_side, slug
from panoptic_nb.embeddings.fingerprint import fingerprint
from panoptic_nb.errors import EncoderError

_CHANNELS = {"RGB": 3, "L": 1}


def pixels(images: Sequence[Image.Image], side: int = 32, mode: str = "RGB") -> NDArray[np.float32]:
    """Return images as rows of numbers, as transformers are given them.

    Parameters
    ----------
    images
        Images of any size; each is resized to a square of `side` pixels (bicubic).
    side
        In pixels.
    mode
        "RGB" or "L" (greys).

    Returns
    -------
    ndarray of float32 (len(images), side * side * 3 or 1)
        From 0 to 1; row by row from the top, the channels of a pixel side by side.

    Examples
    --------
    >>> pixels([Image.new("RGB", (50, 40), (255, 0, 0))], side=2).shape
    (1, 12)
    """
    size = (side, side)
    rows = [image.convert(mode).resize(size, Image.Resampling.BICUBIC) for image in images]
    made: NDArray[np.float32] = np.array([np.asarray(row) for row in rows], np.float32)
    made /= 255
    return made.reshape(len(images), side * side * _CHANNELS[mode])


class TransformerEncoder:
    """An encoder made of a fitted transformer of scikit-learn, or any object with ``transform``.

    It is given what `pixels` returns. The side and the mode are those that make as many numbers as
    it was fitted on (``n_features_in_``), a square number being greys; 32 and "RGB" where it does
    not say.

    Parameters
    ----------
    transformer
        Fitted. Its class names the vector set; ``model_hash`` changes with its parameters and with
        what it learnt.
    spec
        The name under which a package brings it.

    Raises
    ------
    EncoderError
        It was not fitted, or on something that is not square images.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> pca = PCA(2).fit(np.random.default_rng(0).random((9, 12)))
    >>> TransformerEncoder(pca).side
    2
    """

    has_text = False

    def __init__(self, transformer: Any, spec: str = "") -> None:
        self._transformer = transformer
        self.name = slug(spec or type(transformer).__name__) or "transformer"
        self.spec = spec
        self.side, self.mode = _form(transformer)
        self._dim: int | None = None
        self.model_hash = _hash(transformer)

    def __repr__(self) -> str:
        return f"TransformerEncoder({type(self._transformer).__name__})"

    @property
    def dim(self) -> int:
        """Length of a vector; found out with a grey image before the first call."""
        if self._dim is None:
            self.encode_images([Image.new("RGB", (self.side, self.side), (127, 127, 127))])
        assert self._dim is not None
        return self._dim

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Transform the pixels of images."""
        rows = pixels(images, self.side, self.mode)
        with encoding(self.name, f"{len(images)} images"):
            made = self._transformer.transform(rows)
            array = np.asarray(made.toarray() if hasattr(made, "toarray") else made)
        if array.ndim != 2 or len(array) != len(images) or array.dtype.kind not in "fiu":
            raise EncoderError(
                f"The transformer {self.name!r} must return numbers of shape ({len(images)},"
                f" length): one row per image. Got {array.shape} of {array.dtype}."
            )
        self._dim = array.shape[1]
        return array.astype(np.float32)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raise EncoderError: a transformer has no text side."""
        raise no_text_side(self.name)


def _form(transformer: Any) -> tuple[int, str]:
    """Return the side and the mode of images of so many numbers."""
    name = type(transformer).__name__
    if hasattr(transformer, "get_params"):
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(transformer)
        except NotFittedError as error:
            raise EncoderError(
                f"The transformer {name} is not fitted. Fit it on the pixels of some images first:"
                " panoptic_nb.embeddings.pixels(images)."
            ) from error
        except TypeError:  # it has no fit: nothing to learn
            pass
    count = getattr(transformer, "n_features_in_", None)
    if count is None:
        return 32, "RGB"
    for mode, channels in _CHANNELS.items():
        side = math.isqrt(int(count) // channels)
        if side and side * side * channels == count:
            return side, mode
    raise EncoderError(
        f"The transformer {name} was fitted on rows of {count} numbers, which are no square images:"
        " fit it on what panoptic_nb.embeddings.pixels(images, side) returns."
    )


def _hash(transformer: Any) -> str:
    import joblib

    try:
        return str(joblib.hash(transformer))[:16]
    except Exception:  # pickling calls code of any kind; classes of a function have no pickle
        return fingerprint(transformer.transform)
