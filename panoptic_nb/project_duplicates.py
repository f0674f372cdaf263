"""Looking for duplicates in a project, and saying what are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from panoptic_nb.decisions import Decision, found_as_duplicates
from panoptic_nb.jobs import Job
from panoptic_nb.locks import check_unlocked
from panoptic_nb.operations import logged
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.tree import Node
from panoptic_nb.unassigned import dissolved

#: Title of the job that counts before anything is made.
PREVIEW = "Exploring thresholds"


class DuplicateWork(ProjectPart):
    """Counting what would be found, and decisions about what is no duplicate."""

    def duplicate_thresholds(
        self, node: int | str | Node | None = None, vec_type: str | None = None
    ) -> pd.DataFrame:
        """Count what `find_duplicates` would find at every threshold, without making anything.

        Parameters
        ----------
        node
            Id, label path or `Node`; None = all images.
        vec_type
            Name of a vector set; the newest by default.

        Returns
        -------
        pandas.DataFrame
            A row for each threshold, in steps of 0.005 up to 1: ``min_similarity``, ``pairs`` of
            images at least that similar, ``groups``, and ``images`` (rows of the table) in them.
            It begins at the lowest multiple of 0.005, not under 0.5, that some two million pairs
            reach.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, Cancelled
        """
        self.check_open()
        at = self._to_split(node)
        vec_type = vec_type or self.vec_type
        work = self._previews.work("find_duplicates", "min_similarity", at, vec_type)
        return self.jobs.run("preview", PREVIEW, at, work).thresholds.frame()

    def start_preview(
        self, function: str, parameter: str, node: int, vec_type: str | None = None
    ) -> Job:
        """Begin to count what each value of a parameter would give; see `preview`."""
        self.check_open()
        at = self._to_split(node)
        work = self._previews.work(function, parameter, at, vec_type or self.vec_type)
        return self.jobs.start("preview", PREVIEW, at, work, self.events.message.emit)

    @property
    def decisions(self) -> pd.DataFrame:
        """What you said are not duplicates, a row for each pair.

        ``first`` and ``second`` are the index labels of the first rows that show the two images,
        ``date`` is UTC. Decisions about images that are not here now are kept, but not listed.
        """
        return self._edits.decided.frame(self.images)

    def not_duplicates(self, images: Any) -> None:
        """Remember that images are not duplicates: `find_duplicates` never puts two together again.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels: every pair of
            different images among them. A cluster that was found as duplicates is taken away, and
            its images become unassigned; `undo` takes back both.

        Raises
        ------
        TreeError, ProjectError
            There is no such cluster or label, they are not two images, or the cluster would be
            taken away and is locked; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            node, members = self._chosen(images)
            sha1 = self.images.sha1_of(members)
            decided = self._edits.decided.plus(Decision.of(sha1))
            tree = self.tree
            if node is not None and found_as_duplicates(node):
                check_unlocked(tree, node.id, below=True)
                tree = logged(tree, dissolved(tree, node), "not_duplicates", [node.id])
            values = {"labels": [node.path] if node else [], "images": len(sha1)}
            self._edits.make("not_duplicates", tree, decided, values)

    def forget_decisions(self, images: Any = None) -> None:
        """Forget what was said of the pairs among some images; None = of all. Can be undone.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels.
        """
        self.check_open()
        with self._edits.lock:
            forgotten = [] if images is None else self.images.sha1_of(self._chosen(images)[1])
            before = self._edits.decided
            decided = replace(before, all=()) if images is None else before.forgetting(forgotten)
            values = {} if images is None else {"images": len(forgotten)}
            self._edits.make("forget_decisions", self.tree, decided, values)
