"""What a clustering function can be given, declared by the types of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

    from panoptic_nb.files import ImageFile

ParentTags = Literal["use", "combine", "ignore"]

#: Images that stand for all of a project: the first in canonical order. Ordered by a hash they are
#: as good as drawn, and stay nearly the same while a collection grows.
SAMPLE = 4096


@dataclass(frozen=True)
class Given:
    """Marks a parameter that the project fills in, as against one the user fills in a form."""

    what: Literal["vectors", "images", "text", "progress"]


class ShownWhen:
    """Says that a parameter matters only while other parameters have certain values.

    The form in the widget hides it otherwise, and the function gets its default; records leave it
    out.

    Parameters
    ----------
    **conditions
        A value, or a tuple of values, for each parameter it depends on; all must hold. These
        parameters stand before it.

    Examples
    --------
    >>> import panoptic_nb as pn
    >>> def shapes(
    ...     images: pn.Images,
    ...     *,
    ...     count: int = 10,
    ...     share: Annotated[float, pn.ShownWhen(count=(-1, 0))] = 0.5,
    ... ): ...
    """

    def __init__(self, /, **conditions: Any) -> None:
        self.conditions: dict[str, tuple[Any, ...]] = {
            name: value if isinstance(value, tuple) else (value,)
            for name, value in conditions.items()
        }


#: Unit vectors of the images, float32 (n, d), in canonical order (sorted by sha1).
Vectors = Annotated[NDArray[np.float32], Given("vectors")]


@dataclass(frozen=True)
class Images:
    """The images that a function is asked to group, in canonical order.

    Attributes
    ----------
    sha1 : list of str
    paths : list of pathlib.Path, or of panoptic_nb.remote.RemoteFile
    width, height : ndarray of int (n,)
    average_hash : ndarray of uint64 (n,)
    rows : ndarray of int (n,)
        How many rows of the table show each.
    """

    sha1: Sequence[str]
    paths: Sequence[ImageFile]
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
        """Return, sorted, every tag ("use") or those without a child ("combine", "ignore")."""
        if parent_tags == "use":
            return sorted(self.paths)
        parents = {path[:-1] for path in self.paths}
        return sorted(path for path in self.paths if path not in parents)

    def texts(self, parent_tags: ParentTags, prefix: str = "") -> list[str]:
        """Return the text that stands for each of the `chosen` tags."""
        whole = parent_tags == "combine"
        return [
            prefix + (" ".join(path) if whole else path[-1]) for path in self.chosen(parent_tags)
        ]


@dataclass(frozen=True)
class TextEncoder:
    """Turns texts into unit vectors of the space of the images: ``encode(texts)``.

    Attributes
    ----------
    encode : callable
        From a sequence of m texts to float32 (m, d).
    sample : ndarray of float32 (s, d), optional
        Unit vectors of some images of the whole project, whichever are being grouped: they tell
        how similar images and texts usually are.
    """

    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    sample: NDArray[np.float32] | None = None
