"""How the clusters of a project were made: the record, done again, as Python, as a paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panoptic_nb import columns
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.jobs import Job
from panoptic_nb.project_records import SavedClusterings
from panoptic_nb.records.label_paths import content_hash
from panoptic_nb.records.replaying import Replay, Replayer
from panoptic_nb.records.saved import clustering_record


class Provenance(SavedClusterings):
    """The part of `Project` that tells how clusters were made, and makes them again."""

    def record(self, column: str | None = columns.DEFAULT_NAME) -> dict[str, Any]:
        """Return how a saved clustering, or the working tree (None), was made, as plain JSON.

        Returns
        -------
        dict
            ``date``, ``versions`` of the libraries, ``n_images`` and ``image_set`` (a hash of
            them); ``clusters``, for each node in order: ``path``, ``kind``, ``number``,
            ``n_images``, ``members`` (a hash of its images), ``score``, ``made_by`` (function,
            parameters, seed, vector set, hashes of the model, the vectors and the tags, scale of
            the similarities, decisions, versions, date) and ``edits`` by hand; ``operations``, all
            that was done, in order, with the first bytes of the sha1 of images that were moved by
            hand; ``node`` and ``leaves_only``, what was saved; ``content``, a hash of the column.
        """
        if column is not None:
            return self._table.record(column)
        root = self.tree.root
        columns.check_has_clusters(root)
        return clustering_record(root, False, self.images)

    def replay(
        self, record: str | Mapping[str, Any] | None = columns.DEFAULT_NAME, apply: bool = False
    ) -> Replay:
        """Make clusters again as their record says, and tell what is different.

        The same functions are run with the same parameters and seeds in the same order, and edits
        by hand are made again, beside the working tree, which stays as it is. The order of the rows
        does not matter.

        Parameters
        ----------
        record
            Name of a saved clustering; or what `record` returned, here or in another copy of the
            project; None = the working tree.
        apply
            Make the result the working tree, as one step that can be undone.

        Returns
        -------
        Replay
            ``same``, ``differences`` and ``tree``.

        Raises
        ------
        ProjectError
            This is no record, or it does not say what was done.
        Cancelled
        """
        self.check_open()
        given = self._record_of(record)
        if not given.get("operations"):
            raise ProjectError(
                "The record does not say what was done, so it cannot be done again: it was saved by"
                " an older version. Save the clustering anew after clustering."
            )
        replay = self.jobs.run("function", "replay", None, lambda job: self._replay(given, job))
        if isinstance(record, str):
            replay = self._with_column(replay, record, given)
        if apply:
            with self._edits.lock:
                self._edits.make("replay", replay.tree)
        return replay

    def _replay(self, record: Mapping[str, Any], job: Job) -> Replay:
        replayer = Replayer(
            self.images,
            self._runs,
            self.tree.ids,
            self._edits.decided,
            lambda tree, before: self._runs.rescored(tree, self.vec_type, before=before),
            self._reopened,
            self._whole._grouped,
        )
        return replayer.replay(record, job)

    def _with_column(self, replay: Replay, name: str, record: Mapping[str, Any]) -> Replay:
        """Add that the column is no longer what was saved."""
        now, saved = content_hash(self._column(name), self.images), record.get("content")
        if now == saved:
            return replay
        frame = replay.differences.copy()
        frame.loc[len(frame)] = ["column", name, saved, now]
        return Replay(False, frame, replay.tree, replay.node)

    def to_python(self, record: str | Mapping[str, Any] | None = None) -> str:
        """Return a script that makes the clusters again: runs, names, merges and moves.

        Parameters
        ----------
        record
            Name of a saved clustering, which the script saves again; what `record` returned; None =
            the working tree.

        Raises
        ------
        ProjectError
            There are no clusters, or this is no record.
        """
        from panoptic_nb.records.script import to_python

        encoders = {
            name: f"project.embed({one.encoder!r})  # the vectors {name!r}, {one.model_hash}"
            if one.encoder
            else f"project.add_vectors({name!r}, ...)  # hash {one.model_hash}"
            for name, one in self._sets.all().items()
        }
        given = self._record_of(record)
        column = record if isinstance(record, str) else None
        return to_python(given, self.images, self._opening(), encoders, column)

    def _opening(self) -> list[str]:
        project = self._whole.whole or self._whole
        source = "df" if project.source is None else repr(project.source)
        lines = [] if project.source else ["# df: your table of images"]
        lines.append(f"project = pn.open_project({source}, folder={str(project.folder)!r})")
        if self._whole.rows is not None:
            lines.append("# of a part: project = project.subset(mask)")
        return lines

    def describe(
        self, record: str | Mapping[str, Any] | None = columns.DEFAULT_NAME, language: str = "en"
    ) -> str:
        """Return a paragraph for a paper that says how clusters were made.

        Parameters
        ----------
        record
            Name of a saved clustering; what `record` returned; None = the working tree.
        language
            "en" or "fr".

        Raises
        ------
        ProjectError
            There are no such clusters, or no such language.
        """
        from panoptic_nb.records.methods import describe

        return describe(self._record_of(record), language)

    def _record_of(self, record: Any) -> Mapping[str, Any]:
        if record is None or isinstance(record, str):
            return self.record(record)
        if not isinstance(record, Mapping) or not {"clusters", "operations"} <= record.keys():
            raise ProjectError(
                "A record is the name of a saved clustering, or what project.record(...) returned. "
                f"Got {short(record)}."
            )
        return record
