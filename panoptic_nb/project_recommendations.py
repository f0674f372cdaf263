"""Completing a group: which images may belong to it, and which were refused."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.decisions import Decided
from panoptic_nb.errors import TreeError
from panoptic_nb.leaves import first_paths
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.refusals import SKETCH, Refusal, refused
from panoptic_nb.similar import direction, similar
from panoptic_nb.tree import Members, Node


class Recommending(ProjectPart):
    """The part of `Project` that completes groups, and remembers what was refused."""

    @abstractmethod
    def _rows_of(self, images: Any) -> NDArray[np.int64]:
        """Return the rows of images given as a cluster, by label or as a mask."""

    def recommend(
        self,
        group: Any,
        count: int = 20,
        vec_type: str | None = None,
        min_similarity: float = -1.0,
    ) -> pd.DataFrame:
        """Find images that may belong to a group: the most similar ones that stand outside it.

        Take over what is right, ``project.move(labels, group)`` into a cluster or
        ``project.stamp(labels, column, tag)`` with a tag, and `refuse` what is not: then ask again.

        Parameters
        ----------
        group
            A cluster, saved or not (id, label path or `Node`), a list of index labels, or a mask
            such as ``project.tagged("tags", "flags")``.
        count
            How many images at most; each has as many rows as show it.
        vec_type
            Name of a vector set; the newest by default.
        min_similarity
            The least similarity, from -1 to 1.

        Returns
        -------
        pandas.DataFrame
            Under the labels of ``project.df``, the most similar first: ``similarity`` to the mean
            of the group (cosine), ``percentile``, how many of 100 of the other images are at most
            that similar, and ``cluster``, where the image stands now (the first label path, of
            several). What was refused for the group is not among them, nor, for a cluster, what is
            in a locked one.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, ProjectError, ParameterError
        """
        self.check_open()
        with self._edits.lock:
            tree, decided = self.tree, self._edits.decided
        members = self._members_of(group)
        vectors = self._sets.of_images(self._set_of(members, vec_type))
        left_out = [members, self._refused_for(members, decided)]
        if is_cluster(group):
            left_out += [tree.node(key).members for key in tree.states if tree.states[key].locked]
        found = similar(
            vectors,
            direction(vectors, members),
            np.unique(np.concatenate(left_out)),
            count,
            min_similarity,
        )
        frame = found.frame(self.images)
        paths = first_paths(tree.leaves(), found.positions)
        frame["cluster"] = np.repeat(paths, self.images.count_rows_each(found.positions))
        return frame

    def refuse(self, images: Any, group: Any) -> None:
        """Remember that images do not belong to a group: `recommend` leaves them out from now on.

        Can be undone. Kept with the project, by content: it holds for every cluster, tag or list of
        images that shares a third or more of all images of both with this group, so also for the
        cluster that a later run makes of about the same images.

        Parameters
        ----------
        images
            Index labels, a mask or a cluster: what does not belong there.
        group
            See `recommend`.

        Raises
        ------
        TreeError, ProjectError
            There are no such images, or they are part of the group; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            members, outside = self._members_of(group), self._members_of(images)
            within = np.intersect1d(members, outside)
            if len(within):
                raise TreeError(
                    f"{len(within)} of these images are part of the group. Move them elsewhere: "
                    "only what stands outside can be refused.",
                    key="refused_members",
                    images=len(within),
                )
            refusal = Refusal.of(self._known_by(members), self.images.sha1_of(outside))
            values = {"labels": [self._path_of(group)], "images": len(outside)}
            decided = self._edits.decided.refusing(refusal)
            self._edits.make("refuse", self.tree, decided, values)

    def forget_refusals(self, group: Any = None) -> None:
        """Recommend again what was refused for a group; None = for every group. Can be undone."""
        self.check_open()
        with self._edits.lock:
            decided = self._edits.decided
            if group is None:
                after = replace(decided, refusals=())
            else:
                known_by = self._known_by(self._members_of(group))
                after = decided.refusing(Refusal.of(known_by, ()))
            values = {"labels": [self._path_of(group)]} if group is not None else {}
            self._edits.make("forget_refusals", self.tree, after, values)

    def refused(self, group: Any) -> pd.Index:
        """Return the index labels of the images that were refused for a group."""
        members = self._members_of(group)
        return self.images.index(self._refused_for(members, self._edits.decided))

    # ------------------------------------------------------------------ within

    def _members_of(self, images: Any) -> Members:
        """Return the positions of images given in any way, ascending; there is at least one."""
        if is_cluster(images):
            members = self._chosen(images)[1]
        else:
            members = np.unique(self.images.image_of_row[self._rows_of(images)])
        if not len(members):
            raise TreeError("A group needs images. Got none.", key="no_group")
        return members

    def _known_by(self, members: Members) -> list[str]:
        return self.images.sha1_of(members[:SKETCH])  # images are sorted by sha1

    def _refused_for(self, members: Members, decided: Decided) -> Members:
        sha1 = refused(decided.refusals, self._known_by(members))
        here = self.images.positions(sorted(sha1))
        return np.sort(here[here >= 0])

    def _path_of(self, group: Any) -> str:
        node = self._chosen(group)[0] if is_cluster(group) else None
        return node.path if node else ""


def is_cluster(images: Any) -> bool:
    """Tell whether images are given as a cluster, by id, label path or `Node`."""
    return isinstance(images, int | np.integer | str | Node)
