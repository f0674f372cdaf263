"""Any encoder, on images without their colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings.encoder import Encoder

#: What the spec of such an encoder begins with.
PREFIX = "grey:"


class Greyscale:
    """An encoder that sees greys only: photographs are not grouped by the tone of their paper.

    Its vector set is one of its own, "clip-vit-b-32-grey". Texts are encoded as by the encoder.

    Parameters
    ----------
    encoder
        The one that is given the grey images, as RGB of three equal values (ITU-R 601 luma).
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.name = f"{encoder.name}-grey"

    def __repr__(self) -> str:
        return f"Greyscale({self.encoder!r})"

    def __getattr__(self, name: str) -> Any:
        if name == "encoder" or name.startswith("__"):  # asked for while it is unpickled
            raise AttributeError(name)
        return getattr(self.encoder, name)  # image_size and the like, where there are any

    @property
    def spec(self) -> str:
        """What `resolve_encoder` makes this encoder of, if the encoder has such a text."""
        spec = getattr(self.encoder, "spec", "")
        return PREFIX + spec if spec else ""

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.encoder.dim

    @property
    def model_hash(self) -> str:
        """That of the encoder."""
        return self.encoder.model_hash

    @property
    def has_text(self) -> bool:
        """Whether `encode_texts` works."""
        return self.encoder.has_text

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return the vectors of images, made grey before."""
        return self.encoder.encode_images([image.convert("L").convert("RGB") for image in images])

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts; raise EncoderError without a text side."""
        return self.encoder.encode_texts(texts)
