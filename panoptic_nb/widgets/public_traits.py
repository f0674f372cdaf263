"""What people read and set of a widget in Python; the session carries it to all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from panoptic_nb.error_text import short
from panoptic_nb.errors import PanopticError
from panoptic_nb.project import Project
from panoptic_nb.sort import Sort
from panoptic_nb.tree import ROOT, Tree
from panoptic_nb.widgets.session import Session


class PublicTraits(traitlets.HasTraits):
    """Traits of every widget of a project, both ways.

    Attributes
    ----------
    project : Project
    selected : list
        Index labels of the selected rows. Set it to select rows from Python.
    active_node : int
        Id of the node that is looked at. Set it by id, label path or `Node`.
    tree : Tree
        The working tree. Set it to one that was there before, to go back to it as a new edit.
    status : dict
        "state" is "idle", "running" or "closed"; of what runs also its title and how far it is.
        Read only.
    sort : dict
        How the images are sorted inside each cluster. Set it to "auto", "hash", "typical",
        "outliers", "similarity", the name of a column, or a dict with "by", "column" and
        "descending"; see `panoptic_nb.sort.Sort`.
    piles : bool
        Whether rows that show the same image lie on one pile.
    thumb_size : int
        Longest side of the thumbnails, 30 to 500 pixels.
    height : str
        Height of the widget as CSS says it, for example "600px"; "full" fills the window.
    language : {"auto", "en", "fr"}
        "auto" is the language of the browser.
    """

    project: Project
    session: Session
    _shown_tree: Tree

    selected = traitlets.Any([])
    active_node = traitlets.Any(ROOT)
    tree = traitlets.Any()
    status = traitlets.Dict(read_only=True)
    sort = traitlets.Any().tag(sync=True)
    piles = traitlets.Bool(False).tag(sync=True)
    thumb_size = traitlets.Int(112, min=30, max=500).tag(sync=True)
    height = traitlets.Unicode("").tag(sync=True)
    language = traitlets.Enum(["auto", "en", "fr"], default_value="auto").tag(sync=True)

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> list[Any]:
        value = proposal["value"]
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise traitlets.TraitError(f"selected is a list of index labels. Got {value!r}.")
        labels = list(dict.fromkeys(value))
        unknown = [labels[at] for at in np.flatnonzero(self._positions(labels) < 0)[:3]]
        if unknown:
            raise traitlets.TraitError(
                f"selected holds labels that are not in the index of project.df: {unknown}."
            )
        return labels

    @traitlets.observe("selected")
    def _selected_in_python(self, change: Any) -> None:
        self.session.select(self._positions(change.new))

    @traitlets.validate("active_node")
    def _check_active(self, proposal: Any) -> int:
        value = proposal["value"]
        if type(value) is int and value in self.session.packed.entries:
            return value  # what the session says, even if a tree without it is about to come
        try:
            return self.project.tree.find(value)
        except PanopticError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.observe("active_node")
    def _activated_in_python(self, change: Any) -> None:
        with self.session.held():
            self.session.activate(change.new)
            if self.session.active != change.new:  # closed meanwhile, in another thread
                self.active_node = self.session.active

    @traitlets.validate("tree")
    def _check_tree(self, proposal: Any) -> Tree:
        tree = proposal["value"]
        if not isinstance(tree, Tree) or tree.images is not self.project.images:
            raise traitlets.TraitError(
                f"tree is a working tree of this project. Got {short(tree)}."
            )
        return tree

    @traitlets.observe("tree")
    def _tree_in_python(self, change: Any) -> None:
        if change.new is None:  # not validated: a trait of any value may be None
            self.tree = self._shown_tree
            raise traitlets.TraitError("tree is a working tree of this project. Got None.")
        if change.new is not self._shown_tree:
            self.project.restore(change.new)

    @traitlets.validate("sort")
    def _check_sort(self, proposal: Any) -> dict[str, Any]:
        try:
            return Sort.parse(proposal["value"], self.project.df.columns).to_dict()
        except PanopticError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.observe("sort")
    def _sorted_in_python(self, change: Any) -> None:
        with self.session.held():
            sort = Sort.parse(change.new, self.project.df.columns)
            self.session.arrange(sort, self.session.piled)

    @traitlets.observe("piles")
    def _piled_in_python(self, change: Any) -> None:
        with self.session.held():
            self.session.arrange(self.session.sort, change.new)

    def _positions(self, labels: Sequence[Any]) -> Any:
        return self.project.images.frame_index.get_indexer_for(pd.Index(list(labels)))

    def _labels(self) -> list[Any]:
        labels: list[Any] = self.project.images.frame_index[self.session.selection].tolist()
        return labels
