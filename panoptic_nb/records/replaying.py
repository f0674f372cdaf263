"""Doing again what a record says was done, and saying what is different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from panoptic_nb import operations
from panoptic_nb.decisions import Decided, describe
from panoptic_nb.errors import Cancelled, PanopticError, ProjectError
from panoptic_nb.operations import Operation
from panoptic_nb.record import Record, library_versions
from panoptic_nb.records.redone import EDITS
from panoptic_nb.tree import ROOT, SEPARATOR, Ids, Members, Node, Tree

if TYPE_CHECKING:
    from panoptic_nb.collection import Collection
    from panoptic_nb.progress import Progress
    from panoptic_nb.runs import Runs

#: Differences that may, but need not, change the clusters.
CAUSES = ("images", "model", "vectors", "tags", "decisions", "opened", "grouped", "version")


@dataclass(frozen=True)
class Replay:
    """What came of doing again what a record says.

    Attributes
    ----------
    same : bool
        Whether all operations could be done and every cluster has the same name, place and images.
    differences : pandas.DataFrame
        A row for each thing that is not as recorded: ``what``, ``where``, ``recorded``, ``now``.
        What may be the cause: "images", "model", "vectors", "tags", "decisions", "opened" (a column
        that the work began with), "grouped" (columns that images were grouped by), "version". What
        came of it: "operation" (could not be done), "cluster" (its name or place), "members",
        "column" (was edited since it was saved).
    tree : Tree
        The whole tree.
    node : Node
        Where the clustering begins in it.
    """

    same: bool
    differences: pd.DataFrame
    tree: Tree
    node: Node

    def __repr__(self) -> str:
        if self.same:
            return f"<Replay: the same {len(list(self.tree.walk(self.node.id))) - 1} nodes>"
        return f"<Replay: not the same, {len(self.differences)} differences>"


class Replayer:
    """Does the operations of a record on the images of a project, beside its working tree.

    Parameters
    ----------
    images, runs, ids
        Of the project; no node gets an id that another one had.
    decided
        What was said of duplicates.
    scored
        Gives a tree the scores that an edit left open, from it and the tree before.
    opened
        Returns the tree of a column.
    grouped
        Groups a node of a tree by columns, and returns a hash of what they say.
    """

    def __init__(
        self,
        images: Collection,
        runs: Runs,
        ids: Ids,
        decided: Decided,
        scored: Callable[[Tree, Tree], Tree],
        opened: Callable[[str], Tree],
        grouped: Callable[[Tree, int, Mapping[str, Any]], tuple[Tree, str]],
    ) -> None:
        self._images = images
        self._runs = runs
        self._ids = ids
        self._decided = decided
        self._scored = scored
        self._opened = opened
        self._grouped = grouped
        self._differences: list[tuple[str, str, Any, Any]] = []

    def replay(self, record: Mapping[str, Any], progress: Progress) -> Replay:
        """Do all operations, and compare the clusters with those of the record."""
        tree = replace(Tree.of(self._images), ids=self._ids)
        everything = self._images.hash(tree.root.members)
        if record["image_set"] != everything:
            recorded = f"{record['n_images']} images, {record['image_set']}"
            self._differ("images", "", recorded, f"{len(self._images)} images, {everything}")
        self._compare_versions(record.get("versions", {}))
        for number, values in enumerate(record["operations"], start=1):
            try:
                tree = self._done(tree, values, progress)
            except Cancelled:
                raise
            except PanopticError as error:
                where = f"{number}. {values['name']} {', '.join(map(repr, values['clusters']))}"
                self._differ("operation", where, values["name"], str(error))
                break
        try:
            top = tree.node(record["node"])
        except PanopticError:
            top = tree.root  # every cluster is told to be missing
        self._compare_clusters(record, top)
        return self.result(top)

    def result(self, top: Node) -> Replay:
        """Return what was found so far."""
        frame = pd.DataFrame(self._differences, columns=["what", "where", "recorded", "now"])
        return Replay(bool(frame["what"].isin(CAUSES).all()), frame, top.tree, top)

    def _differ(self, what: str, where: str, recorded: Any, now: Any) -> None:
        self._differences.append((what, where, recorded, now))

    # ------------------------------------------------------------------ operations

    def _done(self, tree: Tree, values: Mapping[str, Any], progress: Progress) -> Tree:
        operation = operations.from_json(values, self._images)
        missing = values.get("n_images", 0) - len(_images(operation))
        if missing:
            self._differ("images", operation.name, values["n_images"], len(_images(operation)))
        if operation.name == "run":
            return self._run(tree, operation, progress)
        if operation.name == "open_clustering":
            return self._open(operation)
        if operation.name == "group_by":
            return self._group(tree, operation)
        edit = EDITS.get(operation.name)
        if edit is None:
            raise ProjectError(
                f"The operation {operation.name!r} is not known: the record is of a newer version. "
                "Install a newer panoptic_nb."
            )
        nodes = [tree.find(path) for path in operation.paths]
        after = self._scored(edit(tree, nodes, operation), tree)
        kept = {"images": operation.images, "record": operation.record, **operation.values}
        return operations.logged(tree, after, operation.name, nodes, **kept)

    def _open(self, operation: Operation) -> Tree:
        column = operation.values["column"]
        tree = self._opened(column)
        content = tree.log[0].values.get("content") if tree.log else None
        if content != operation.values["content"]:
            self._differ("opened", column, operation.values["content"], content)
        return tree

    def _group(self, tree: Tree, operation: Operation) -> Tree:
        node, values = tree.find(operation.paths[0]), operation.values
        grouped, content = self._grouped(tree, node, values)
        if content != values["content"]:
            self._differ("grouped", ", ".join(values["columns"]), values["content"], content)
        after = self._scored(grouped, tree)
        kept = {**values, "content": content}
        return operations.logged(tree, after, "group_by", [node], scope=node, **kept)

    def _run(self, tree: Tree, operation: Operation, progress: Progress) -> Tree:
        made_by = operation.record
        assert made_by is not None, "a run has a record"
        node = tree.node(operation.paths[0])
        request = self._runs.prepare(
            made_by.function, node.id, made_by.vec_type, made_by.seed, made_by.parameters
        )
        decided = self._decided_then(made_by, tree.unlocked_members(node.id))
        split = self._runs.split(request, node, decided, progress)
        self._compare_records(made_by, split.made_by)
        after = tree.with_groups(node.id, split.groups, split.without_vector, split.made_by)
        return operations.logged(tree, after, "run", [node.id], scope=node.id, record=split.made_by)

    def _decided_then(self, made_by: Record, members: Members) -> Decided:
        """Return what had been said of duplicates when a run was made, as far as it is known."""
        if made_by.decisions is None:
            return self._decided
        sha1, image_set = self._images.sha1_of(members), self._images.hash(members)
        for count in range(len(self._decided.all), -1, -1):
            before = Decided(self._decided.all[:count])
            if describe(before.among(sha1), image_set) == dict(made_by.decisions):
                return before
        return self._decided

    # ------------------------------------------------------------------ comparing

    def _compare_versions(self, recorded: Mapping[str, str]) -> None:
        now = library_versions()
        for name in recorded:
            if recorded[name] != now.get(name):
                self._differ("version", name, recorded[name], now.get(name))

    def _compare_records(self, was: Record, now: Record) -> None:
        for what, name in (
            ("images", "image_set"),
            ("model", "model_hash"),
            ("vectors", "vectors"),
            ("tags", "tags"),
            ("decisions", "decisions"),
        ):
            before, after = getattr(was, name), getattr(now, name)
            if before != after:
                self._differ(what, was.parent, before, after)

    def _compare_clusters(self, record: Mapping[str, Any], top: Node) -> None:
        prefix = f"{top.path}{SEPARATOR}" if top.id != ROOT else ""
        now = {
            node.path.removeprefix(prefix): node
            for node in top.tree.walk(top.id)
            if node.id != top.id
        }
        recorded = {entry["path"]: entry for entry in record["clusters"]}
        for path in recorded.keys() - now.keys():
            self._differ("cluster", path, f"{recorded[path]['n_images']} images", None)
        for path in now.keys() - recorded.keys():
            self._differ("cluster", path, None, f"{len(now[path].members)} images")
        both = [path for path in recorded if path in now]
        if both != [path for path in now if path in recorded]:
            self._differ("cluster", "", both, [path for path in now if path in recorded])
        for path in both:
            members = now[path].members
            found = self._images.hash(members)
            if found != recorded[path]["members"]:
                was = f"{recorded[path]['n_images']} images, {recorded[path]['members']}"
                self._differ("members", path, was, f"{len(members)} images, {found}")
            elif now[path].number != recorded[path]["number"]:
                self._differ("cluster", path, recorded[path]["number"], now[path].number)


def _images(operation: Operation) -> list[int]:
    return [] if operation.images is None else operation.images.tolist()
