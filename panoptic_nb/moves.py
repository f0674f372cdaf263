"""Moving images and clusters by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.leaves import detach, holders
from panoptic_nb.locks import check_cluster, check_unlocked
from panoptic_nb.node import LEFTOVERS
from panoptic_nb.node_labels import RESERVED, next_number, unique
from panoptic_nb.placing import place
from panoptic_nb.tree import ROOT, Members, NodeState, Tree
from panoptic_nb.unassigned import new_unassigned

#: Children of a node stand in the order of their kinds.
_RANK = {kind: rank for rank, kind in enumerate(LEFTOVERS, start=1)}


def moved(tree: Tree, images: Members, target: int, source: int = ROOT) -> Tree:
    """Return the tree in which images stand in a node, and no longer in the leaves below another.

    Parameters
    ----------
    images : ndarray of int64
        Image positions, ascending, each once.
    target
        A leaf, or a node whose "Unassigned" they join.
    source
        Where they are taken from; the root = everywhere.

    Raises
    ------
    TreeError
        There are no images, some are not in the source, or a cluster that would change is locked.
    """
    _check_images(tree, images, source)
    check_unlocked(tree, target)
    leaf = _leaf_of(tree, target)
    leaving = holders(tree, images, source).keys() - {leaf}
    if not leaving:
        return tree
    new = tree
    if tree.states[leaf].children:
        place_for_them = new_unassigned(tree.states, leaf, images[:0], tree.ids)
        new, leaf = _with_child(tree, place_for_them), place_for_them.id
    return place(tree, new, images, leaf, leaving)


def _check_images(tree: Tree, images: Members, source: int) -> None:
    if not len(images):
        raise TreeError("There are no images to move: select some first.", key="no_selection")
    if source == ROOT:
        return
    outside = len(np.setdiff1d(images, tree.members(source), assume_unique=True))
    if outside:
        raise TreeError(
            f"{outside} of {len(images)} images are not in {tree.path(source)!r}, from which they "
            "shall be moved.",
            key="not_in_cluster",
            images=outside,
            label=tree.states[source].label,
        )


def _leaf_of(tree: Tree, node_id: int) -> int:
    """Return the leaf that images moved to a node join, or the node that has none for them yet."""
    while children := tree.states[node_id].children:
        if tree.states[children[-1]].kind != "unassigned":
            break
        node_id = children[-1]
    return node_id


def with_new_cluster(tree: Tree, images: Members, parent: int) -> tuple[Tree, int]:
    """Return the tree in which images are a new cluster below a node, and its id.

    They leave all leaves where they stand.

    Raises
    ------
    TreeError
        There are no images, or a cluster that would change is locked.
    """
    _check_images(tree, images, ROOT)
    check_unlocked(tree, parent)
    siblings = [tree.states[child] for child in tree.states[parent].children]
    number = next_number(tree.states[parent].number, [state.number for state in siblings])
    label = unique(f"Cluster {number}", {*RESERVED, *(state.label for state in siblings)})
    made = NodeState(next(tree.ids), parent, number, label, "group", members=images[:0])
    new = _with_child(tree, made)
    return place(tree, new, images, made.id, holders(new, images), "made"), made.id


def reparented(tree: Tree, node: int, target: int) -> Tree:
    """Return the tree in which a cluster, with what is below it, stands below another node.

    It comes behind the clusters there, keeps its number, and its label unless that is taken. What
    a leaf held before becomes "Unassigned" beside it.

    Raises
    ------
    TreeError
        It is no cluster, would stand in itself or in what is left over of a split, or a cluster
        that would change is locked.
    """
    check_cluster(tree, node)
    if node in tree.ancestors(target):
        raise TreeError(
            f"{tree.path(node)!r} cannot be moved into itself: choose another cluster.",
            key="move_inside",
            label=tree.states[node].label,
        )
    state = tree.states[node]
    if state.parent is None or state.parent == target:
        return tree
    check_unlocked(tree, node)
    check_unlocked(tree, target)
    _check_not_left_over(tree, node, target)
    taken = {tree.states[child].label for child in tree.states[target].children}
    label = unique(state.label, {*RESERVED, *taken})
    new = _with_child(tree, replace(state, parent=target, label=label))
    states = dict(new.states)
    detach(states, state.parent, node)
    return place(tree, replace(new, states=states), tree.members(node), node, ())


def _check_not_left_over(tree: Tree, node: int, target: int) -> None:
    for above in set(tree.ancestors(target)) - set(tree.ancestors(node)):
        if tree.states[above].kind in LEFTOVERS:
            raise TreeError(
                f"{tree.path(above)!r} holds what is in no cluster, so {tree.path(node)!r} cannot "
                "be moved there: move its images.",
                key="move_to_left_over",
                label=tree.states[node].label,
            )


def _with_child(tree: Tree, child: NodeState) -> Tree:
    """Return the tree with a node as the last of its kind below its parent."""
    assert child.parent is not None, "the root is no child"
    parent = tree.states[child.parent]
    states = {**tree.states, child.id: child}
    children = list(parent.children)
    if parent.members is not None:
        states[parent.id] = replace(parent, children=(child.id,))
        rest = new_unassigned(states, parent.id, parent.members, tree.ids)
        states[rest.id] = rest
        children.append(rest.id)
    ranks = [_RANK.get(states[other].kind, 0) for other in children]
    rank = _RANK.get(child.kind, 0)
    children.insert(sum(other <= rank for other in ranks), child.id)
    states[parent.id] = replace(parent, children=tuple(children), members=None, similarities=None)
    return replace(tree, states=states)
