"""What a clustering function returns, checked: labels or groups, made into groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import FunctionError


@dataclass(frozen=True)
class Group:
    """Images that belong together.

    Parameters
    ----------
    members : array-like of int
        Positions among the images that the function was given, each at most once.
    label : str, optional
        Name of the group; without one it becomes "Cluster <number>".
    similarities : array-like of float, optional
        One value per member, shown on its thumbnail.
    min_similarity : float, optional
        Similarity of the two members that are least alike, shown beside the name.

    Examples
    --------
    >>> Group([0, 2], label="birds").label
    'birds'
    """

    members: ArrayLike
    label: str | None = None
    similarities: ArrayLike | None = None
    min_similarity: float | None = None


@dataclass(frozen=True)
class CheckedGroup:
    """A `Group` whose arrays have been checked: members int64 (m,), similarities float32 (m,)."""

    members: NDArray[np.int64]
    label: str | None
    similarities: NDArray[np.float32] | None
    min_similarity: float | None = None


def as_groups(result: Any, n_images: int, function: str) -> list[CheckedGroup]:
    """Turn what a clustering function returned into checked groups.

    Parameters
    ----------
    result
        Labels in scikit-learn's way, int (n_images,), -1 = unassigned; or a sequence of `Group`;
        or a mapping from label to positions.
    n_images
        How many images the function was given.
    function
        Name of the function, for the error.

    Returns
    -------
    list of CheckedGroup
        None of them empty.

    Raises
    ------
    FunctionError
        The result is none of these, or a position is out of range or repeated.
    """
    if isinstance(result, Mapping):
        result = [Group(members, label=str(label)) for label, members in result.items()]
    if isinstance(result, Sequence) and any(isinstance(item, Group) for item in result):
        groups = [_check_group(group, n_images, function) for group in result]
    elif isinstance(result, Sequence) and len(result) == 0 and n_images > 0:
        groups = []
    else:
        groups = _groups_of_labels(result, n_images, function)
    return [group for group in groups if len(group.members)]


def _groups_of_labels(result: Any, n_images: int, function: str) -> list[CheckedGroup]:
    labels = _as_array(result, function, "something that is not labels")
    if labels.shape != (n_images,):
        raise _bad(function, f"labels of shape {labels.shape} for {n_images} images")
    if not np.issubdtype(labels.dtype, np.integer):
        raise _bad(function, f"labels of type {labels.dtype}; labels are integers, -1 = unassigned")
    # Numbers of 16 bits are sorted by counting, several times as fast.
    few = labels.min(initial=0) >= -(2**15) and labels.max(initial=0) < 2**15
    order = np.argsort(labels.astype(np.int16) if few else labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=labels[order[:1]] - 1))
    return [
        CheckedGroup(members.astype(np.int64), None, None)
        for members in np.split(order, starts[1:])
        if len(members) and labels[members[0]] >= 0
    ]


def _check_group(group: Any, n_images: int, function: str) -> CheckedGroup:
    if not isinstance(group, Group):
        raise _bad(function, f"{type(group).__name__!r} among its groups")
    members = _as_array(group.members, function, "a group whose members are no list")
    if members.ndim != 1 or not (np.issubdtype(members.dtype, np.integer) or members.size == 0):
        raise _bad(function, "a group whose members are not a list of integer positions")
    members = members.astype(np.int64)
    if members.size and (members.min() < 0 or members.max() >= n_images):
        raise _bad(function, f"a position outside 0..{n_images - 1}")
    if np.unique(members).size != members.size:
        raise _bad(function, "a group that holds the same image twice")
    similarities = None
    if group.similarities is not None:
        what = "a group whose similarities are no list of numbers"
        similarities = _as_array(group.similarities, function, what, np.float32)
        if similarities.shape != members.shape:
            raise _bad(
                function, f"{similarities.size} similarities for {members.size} images of a group"
            )
    label = None if group.label is None else str(group.label)
    return CheckedGroup(members, label, similarities, _check_lowest(group, function))


def _check_lowest(group: Group, function: str) -> float | None:
    lowest = group.min_similarity
    if lowest is None:
        return None
    what = "a group whose min_similarity is no number"
    value = _as_array(lowest, function, what, np.float64)
    if value.ndim or not np.isfinite(value):
        raise _bad(function, f"{what} ({short(lowest)})")
    return float(value)


def _as_array(values: Any, function: str, what: str, dtype: Any = None) -> NDArray[Any]:
    try:
        return np.asarray(values, dtype)
    except Exception as error:  # ragged lists, texts, tensors on other devices, ...
        raise _bad(function, f"{what} ({first_line(error)})") from error


def _bad(function: str, what: str) -> FunctionError:
    return FunctionError(
        f"The function {function!r} returned {what}. Return one integer label per image "
        "(-1 = unassigned) or a list of panoptic_nb.Group.",
        key="bad_result",
        function=function,
        what=what,
    )
