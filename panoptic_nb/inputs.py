"""What a clustering function can be given, declared by the types of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.errors import EncoderError

if TYPE_CHECKING:
    from PIL.Image import Image

ParentTags = Literal["use", "combine", "ignore"]


@dataclass(frozen=True)
class Given:
    """Marks a parameter that the project fills in, as against one the user fills in a form."""

    what: Literal["vectors", "images", "text", "progress"]


#: Unit vectors of the images, float32 (n, d), in canonical order (sorted by sha1).
Vectors = Annotated[NDArray[np.float32], Given("vectors")]


@dataclass(frozen=True)
class Images:
    """The images that a function is asked to group, in canonical order.

    Attributes
    ----------
    sha1 : list of str
    paths : list of pathlib.Path
    width, height : ndarray of int (n,)
    average_hash : ndarray of uint64 (n,)
    rows : ndarray of int (n,)
        How many rows of the table show each.
    """

    sha1: Sequence[str]
    paths: Sequence[Path]
    width: NDArray[np.int64]
    height: NDArray[np.int64]
    average_hash: NDArray[np.uint64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sha1)

    def open(self, position: int) -> Image:
        """Read one image as RGB, upright, on white."""
        from panoptic_nb.images import read_image

        return read_image(self.paths[position])


@dataclass(frozen=True)
class Decisions:
    """Pairs of images that the user said are not duplicates.

    Attributes
    ----------
    first, second : ndarray of int64 (p,)
        Positions among the images that the function was given, first < second, each pair once,
        ascending.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)

    def hold(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which pairs, first < second, are among them; bool (n,)."""
        if not len(self):
            return np.zeros(len(first), bool)
        n = int(max(self.second.max(), second.max(initial=0))) + 1
        refused, asked = self.first * n + self.second, first * n + second
        at = np.searchsorted(refused, asked).clip(max=len(refused) - 1)
        found: NDArray[np.bool_] = refused[at] == asked
        return found


_NOTHING = np.empty(0, np.int64)
NO_DECISIONS = Decisions(_NOTHING, _NOTHING)


@dataclass(frozen=True)
class Tags:
    """The tags of a column; as the type of a parameter it makes a column picker.

    Attributes
    ----------
    column : str
    paths : list of tuple of str
        Every tag of the column, parents included, as its names from the top down, sorted.
    """

    column: str
    paths: Sequence[tuple[str, ...]]

    def chosen(self, parent_tags: ParentTags) -> list[tuple[str, ...]]:
        """Return every tag ("use"), or only those without a child ("combine", "ignore")."""
        if parent_tags == "use":
            return list(self.paths)
        parents = {path[:-1] for path in self.paths}
        return [path for path in self.paths if path not in parents]

    def texts(self, parent_tags: ParentTags, prefix: str = "") -> list[str]:
        """Return the text that stands for each of the `chosen` tags."""
        whole = parent_tags == "combine"
        return [
            prefix + (" ".join(path) if whole else path[-1]) for path in self.chosen(parent_tags)
        ]


@dataclass(frozen=True)
class TextEncoder:
    """Turns texts into unit vectors of the space of the images: ``encode(texts)``."""

    encode: Callable[[Sequence[str]], NDArray[np.float32]]

    @classmethod
    def missing(cls, vec_type: str) -> TextEncoder:
        """Return one that says that the vectors were not made by a model of text and images."""

        def refuse(texts: Sequence[str]) -> NDArray[np.float32]:
            raise EncoderError(
                f"The vectors {vec_type!r} come from a model that knows no text. Compute vectors "
                'with a model of images and text, for example project.embed("ViT-B-32"), and '
                "choose them as vec_type.",
                key="no_text_side",
                vec_type=vec_type,
            )

        return cls(refuse)
