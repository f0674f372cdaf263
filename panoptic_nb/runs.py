"""A run of a clustering function on a project: checked first, then done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_nb import engine
from panoptic_nb.collection import Collection
from panoptic_nb.decisions import Decided
from panoptic_nb.error_text import short
from panoptic_nb.errors import FunctionError, ParameterError
from panoptic_nb.files import ImageFile
from panoptic_nb.functions import ClusteringFunction, registry
from panoptic_nb.inputs import Images
from panoptic_nb.progress import Progress
from panoptic_nb.properties import read_tags
from panoptic_nb.running_scores import RunningScores
from panoptic_nb.stored_images import ImageFacts
from panoptic_nb.table import Table
from panoptic_nb.tree import Members, Node, Tree
from panoptic_nb.vector_sets import VectorSets

if TYPE_CHECKING:
    from panoptic_nb.clustering.thresholds import Thresholds


@dataclass(frozen=True)
class Request:
    """A run that has been checked and can begin."""

    function: ClusteringFunction
    params: Mapping[str, Any]
    node: int
    vec_type: str | None
    seed: int


class Runs:
    """Gives functions what they ask for of a project.

    Parameters
    ----------
    table, images, facts, paths, sets
        The parts of the project that functions can draw on.
    """

    def __init__(
        self,
        table: Table,
        images: Collection,
        facts: ImageFacts,
        paths: Sequence[ImageFile],
        sets: VectorSets,
    ) -> None:
        self._table = table
        self._images = images
        self._facts = facts
        self._paths = paths
        self._sets = sets
        self._scores = RunningScores()

    def prepare(
        self,
        function: str,
        node: int,
        vec_type: str | None,
        seed: int | None,
        params: Mapping[str, Any],
    ) -> Request:
        """Check everything that can be checked before a run begins."""
        found = registry.get(function)
        checked = found.form.check(function, params)
        for column in found.form.columns:
            read_tags(self._table.frame, checked[column], self._table.types)
        needs_set = found.needs_vectors or "text" in found.form.given.values()
        if needs_set or vec_type:  # without vectors there is no score, but groups
            vec_type = self._sets.find(vec_type)
        return Request(found, checked, node, vec_type, _check_seed(seed))

    def prepare_preview(
        self, function: str, parameter: str, node: int, vec_type: str | None
    ) -> Request:
        """Check everything that can be checked before a preview of a parameter begins."""
        preview = registry.get(function).previews.get(parameter)
        if preview is None:
            raise FunctionError(
                f"The function {function!r} has no preview of {short(parameter)}: there is nothing"
                " to show before it runs."
            )
        vec_type = self._sets.find(vec_type) if preview.needs_vectors else None
        return Request(preview, {}, node, vec_type, engine.DEFAULT_SEED)

    def preview(
        self, request: Request, node: Node, decided: Decided, progress: Progress
    ) -> Thresholds:
        """Count what each value of the parameter would give on the images of a node."""
        from panoptic_nb.clustering.thresholds import Thresholds

        material = self._material(request.vec_type, decided)
        members = node.tree.unlocked_members(node.id)
        result = engine.preview(request.function, members, material, progress)
        if not isinstance(result, Thresholds):
            raise FunctionError(
                f"The preview of the function {request.function.name!r} returned {short(result)}. "
                "It must return panoptic_nb.clustering.thresholds.Thresholds."
            )
        return result

    def split(
        self,
        request: Request,
        node: Node,
        decided: Decided,
        progress: Progress,
        members: Members | None = None,
    ) -> engine.Split:
        """Run the function on the images of a node that are in no locked cluster below it.

        Parameters
        ----------
        members : ndarray of int64, optional
            Only these images of the node, ascending.
        """
        return engine.split(
            request.function,
            request.params,
            node.tree.unlocked_members(node.id) if members is None else members,
            node.path,
            self._material(request.vec_type, decided),
            request.seed,
            progress,
        )

    def rescored(self, tree: Tree, default: str | None = None, before: Tree | None = None) -> Tree:
        """Return the tree with the scores that were left open, where there are vectors.

        Parameters
        ----------
        default
            The vector set for clusters edited or made by hand, where theirs is gone or they have
            none.
        before
            The tree before an edit: what is the same in it is left as it is.
        """
        known = self._sets.all()
        scores = {}
        for node in tree.walk():
            if node.kind != "group" or node.score is not None:
                continue
            if before is not None and before.states.get(node.id) is tree.states[node.id]:
                continue
            vec_type = node.made_by.vec_type if node.made_by else None
            if vec_type not in known and (node.edits or node.made_by is None):
                vec_type = default
            if vec_type in known:
                vectors = self._sets.of_images(vec_type)
                scores[node.id] = self._scores.score(node.id, vectors, node.members)
        return tree.with_scores(scores)

    def _material(self, vec_type: str | None, decided: Decided) -> engine.Material:
        vector_set = self._sets.all()[vec_type] if vec_type else None
        return engine.Material(
            hash_images=self._images.hash,
            images=self._images_of,
            tags=lambda column: read_tags(self._table.frame, column, self._table.types),
            vectors=self._sets.of_images(vector_set.name) if vector_set else None,
            vec_type=vec_type,
            model_hash=vector_set.model_hash if vector_set else None,
            text=partial(self._sets.text_encoder, vector_set) if vector_set else None,
            decisions=lambda members: decided.among(self._images.sha1_of(members)),
            rows=self._sets.arrays.rows,
        )

    def _images_of(self, members: Members) -> Images:
        sha1 = self._images.sha1_of(members)
        paths = [self._paths[row] for row in self._images.first_rows[members].tolist()]
        rows = self._images.count_rows_each(members)
        facts = self._facts.of(members)
        return Images(sha1, paths, facts.width, facts.height, facts.average_hash, rows)


def _check_seed(seed: Any) -> int:
    if seed is None:
        return engine.DEFAULT_SEED
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise ParameterError.of(
            "seed", f"seed must be a whole number from 0 to 2**32 - 1. Got {seed!r}."
        )
    return int(seed)
