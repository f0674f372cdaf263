"""What every encoder offers, and the encoder made of a plain function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings.fingerprint import fingerprint
from panoptic_nb.error_text import named
from panoptic_nb.errors import EncoderError, PanopticError

_PROBE = (8, 8)


class Encoder(Protocol):
    """Turns images, and perhaps texts, into vectors of one space.

    Any object with these attributes can be given to ``project.embed``. Making one is cheap:
    weights are loaded on first use.

    Four more attributes are used where an encoder has them:

    image_size : int
        The side in pixels that it resizes images to: large images are made smaller while they are
        read, never below twice that side.
    batch_size : int
        How many images it likes at a time.
    thread_safe : bool
        Whether several threads may call `encode_images` at once. It is then called on every core,
        and torch uses a single thread in each call.
    spec : str
        The text that `resolve_encoder` makes the same encoder of. It is kept with the vectors, and
        two encoders of one spec are taken for the same model.
    """

    @property
    def name(self) -> str:
        """Name of the vector set, "clip-vit-b-32"."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def model_hash(self) -> str:
        """16 hexadecimal digits that change with the weights."""

    @property
    def has_text(self) -> bool:
        """Whether `encode_texts` works."""

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return the vectors of RGB images, shape (n, dim); any length."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (n, dim); raise EncoderError without a text side."""


class FunctionEncoder:
    """An encoder made of a function from a list of RGB images to an array of shape (n, dim).

    ``model_hash`` changes with the function's code and the values it carries. `spec` is the name
    under which a package brings it.
    """

    def __init__(self, function: Callable[[list[Image.Image]], Any], spec: str = "") -> None:
        self._function = function
        self.model_hash = fingerprint(function)  # before a first call can change what it carries
        called = getattr(function, "__name__", None) or type(function).__name__
        self.name = slug(spec or called) or "function"
        self.spec = spec
        self.has_text = False
        self._dim: int | None = None

    @property
    def dim(self) -> int:
        """Length of a vector; found out with a small grey image before the first call."""
        if self._dim is None:
            self._dim = self.encode_images([Image.new("RGB", _PROBE, (127, 127, 127))]).shape[1]
        return self._dim

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Call the function."""
        with encoding(self.name, f"{len(images)} images"):
            array = np.asarray(self._function(list(images)))
        if array.ndim != 2 or len(array) != len(images) or array.dtype.kind not in "fiu":
            raise EncoderError(
                f"The encoder {self.name!r} must return numbers of shape ({len(images)}, length):"
                f" one row per image. Got {array.shape} of {array.dtype}."
            )
        if self._dim is None and len(images):
            self._dim = array.shape[1]
        return array.astype(np.float32)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raise EncoderError: a function has no text side."""
        raise no_text_side(self.name)


@contextmanager
def encoding(name: str, what: str) -> Iterator[None]:
    """Turn whatever a model or a user's function raises over `what` into an EncoderError."""
    try:
        yield
    except PanopticError:
        raise
    except Exception as error:
        raise EncoderError(
            f"The encoder {name!r} failed on {what}: {named(error)}.",
            key="encoder_failed",
            name=name,
            error=named(error),
        ) from error


def no_text_side(name: str) -> EncoderError:
    """Return the error of an encoder that reads images only."""
    return EncoderError(
        f"The encoder {name!r} reads images only, and this needs texts too. Compute vectors with a"
        ' model of images and text, for example project.embed("ViT-B-32"), and choose them as'
        " vec_type.",
        key="no_text_side",
        vec_type=name,
    )


def slug(text: str) -> str:
    """Return a text as lower-case words joined by hyphens, for the name of a vector set."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")
