"""One split: give a function its images, check what comes back, score it, record it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb import record
from panoptic_nb.decisions import describe
from panoptic_nb.error_text import named
from panoptic_nb.errors import FunctionError, PanopticError
from panoptic_nb.functions import ClusteringFunction
from panoptic_nb.groups import CheckedGroup, as_groups
from panoptic_nb.inputs import Decisions, Images, Tags, TextEncoder
from panoptic_nb.progress import Progress
from panoptic_nb.scores import has_vector, score_members
from panoptic_nb.tree import Members, ScoredGroup
from panoptic_nb.vector_sets import no_vectors

DEFAULT_SEED = 0
#: Images whose vectors are hashed: those of another model, or computed otherwise, differ in any.
HASHED = 1000


@dataclass(frozen=True)
class Material:
    """What the functions of a project can draw on.

    Attributes
    ----------
    hash_images : callable
        Hash of the set of given image positions, for the record.
    images : callable
        `Images` of given image positions.
    tags : callable
        `Tags` of a column.
    vectors : ndarray of float32 (n_images, d), or None
        Unit vectors, NaN rows where there is none.
    vec_type, model_hash
        The vector set, and what made it.
    text : callable, or None
        The text side of the set, which tells its progress.
    decisions : callable
        `Decisions` about given image positions.
    rows : callable
        Some rows of an array.
    """

    hash_images: Callable[[Members], str]
    images: Callable[[Members], Images]
    tags: Callable[[str], Tags]
    vectors: NDArray[np.float32] | None
    vec_type: str | None
    model_hash: str | None
    text: Callable[[Progress], TextEncoder] | None
    decisions: Callable[[Members], Decisions]
    rows: Callable[[NDArray[np.float32], Members], NDArray[np.float32]]


@dataclass(frozen=True)
class Split:
    """The outcome of a function on a node, in positions of the whole project."""

    groups: Sequence[ScoredGroup]
    without_vector: Members
    made_by: record.Record


def split(
    function: ClusteringFunction,
    params: Mapping[str, Any],
    members: Members,
    parent: str,
    material: Material,
    seed: int,
    progress: Progress,
) -> Split:
    """Run a clustering function on some images.

    Parameters
    ----------
    function, params
        The function and its parameters, checked by its form.
    members : ndarray of int64
        Image positions, ascending: the canonical order.
    parent : str
        Label path of the node, for the record.

    Raises
    ------
    NoVectorsError
        The function needs vectors and none of the images has one.
    FunctionError
        The function raised, or returned something that is not groups.
    Cancelled
    """
    given, without = _with_vectors(function, members, material)
    arguments = _arguments(function, params, given, material, seed, progress)
    progress.noted.clear()
    checked = as_groups(_call(function, arguments), len(given), function.name)
    groups = [_scored(group, given, material.vectors, progress) for group in checked]
    if function.order == "score":
        groups.sort(key=lambda group: np.inf if group.score is None else group.score)
    if not groups:
        progress.notice(
            f"{function.name} found no group among {len(members)} images.",
            key="no_groups",
            function=function.name,
            images=len(members),
        )
    made_by = _record(function, params, members, parent, material, seed)
    tags = {column: _describe(arguments[column]) for column in function.form.columns}
    made_by = replace(
        made_by,
        vectors=None if material.vectors is None else _hash_vectors(material.vectors, given),
        tags=tags or None,
        found=dict(progress.noted) or None,
    )
    return Split(groups, without, made_by)


def preview(
    function: ClusteringFunction, members: Members, material: Material, progress: Progress
) -> Any:
    """Run the preview of a parameter, a function without fields, on some images.

    Raises
    ------
    NoVectorsError, FunctionError, Cancelled
    """
    given, _ = _with_vectors(function, members, material)
    return _call(function, _arguments(function, {}, given, material, DEFAULT_SEED, progress))


def _record(
    function: ClusteringFunction,
    params: Mapping[str, Any],
    members: Members,
    parent: str,
    material: Material,
    seed: int,
) -> record.Record:
    image_set = material.hash_images(members)
    decisions = None
    if "decisions" in function.form.given.values():
        decisions = describe(material.decisions(members), image_set)
    return record.Record(
        function.name,
        function.form.plain(params),
        seed,
        material.vec_type,
        material.model_hash,
        image_set,
        len(members),
        parent,
        record.library_versions(),
        record.now(),
        decisions,
    )


def _describe(tags: Tags) -> dict[str, Any]:
    """Return what a record says of the tags of a column."""
    digest = hashlib.sha256(
        "\n".join("/".join(path) for path in sorted(tags.paths)).encode("utf-8", "surrogatepass")
    )
    return {"column": tags.column, "count": len(tags.paths), "hash": digest.hexdigest()[:16]}


def _hash_vectors(vectors: NDArray[np.float32], given: Members) -> str:
    """Return a hash (16 hex digits) of the vectors of the first of some images."""
    sample = np.ascontiguousarray(vectors[given[:HASHED]], "<f4")
    return hashlib.sha256(sample.tobytes()).hexdigest()[:16]


def _with_vectors(
    function: ClusteringFunction, members: Members, material: Material
) -> tuple[Members, Members]:
    """Return the images that a function is given, and those that lack the vector it needs."""
    if not function.needs_vectors:
        return members, members[:0]
    known = np.zeros(len(members), bool)
    if material.vectors is not None:
        known = has_vector(material.vectors, members)
    if not known.any():
        raise no_vectors(material.vec_type, len(members))
    return members[known], members[~known]


def _arguments(
    function: ClusteringFunction,
    params: Mapping[str, Any],
    given: Members,
    material: Material,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    arguments = dict(params)
    for column in function.form.columns:
        arguments[column] = material.tags(params[column])
    for name, what in function.form.given.items():
        if what == "vectors" and material.vectors is not None:
            # A copy of the vectors of a million images is gigabytes.
            whole = len(given) == len(material.vectors)
            arguments[name] = material.vectors if whole else material.rows(material.vectors, given)
        elif what == "images":
            arguments[name] = material.images(given)
        elif what == "text":
            arguments[name] = material.text and material.text(progress)
        elif what == "decisions":
            arguments[name] = material.decisions(given)
        elif what == "progress":
            arguments[name] = progress
        elif what == "seed":
            arguments[name] = seed
    return arguments


def _call(function: ClusteringFunction, arguments: Mapping[str, Any]) -> Any:
    try:
        return function.function(**arguments)
    except PanopticError:
        raise
    except Exception as error:
        raise FunctionError(
            f"The function {function.name!r} failed: {named(error)}. Nothing was changed.",
            key="function_failed",
            function=function.name,
            error=named(error),
        ) from error


def _scored(
    group: CheckedGroup, given: Members, vectors: NDArray[np.float32] | None, progress: Progress
) -> ScoredGroup:
    scored = ScoredGroup(
        given[group.members],
        group.label,
        group.similarities,
        min_similarity=group.min_similarity,
    )
    if vectors is None:
        return scored
    return replace(scored, score=score_members(vectors, scored.members, progress))
