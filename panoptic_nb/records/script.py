"""A record as the Python calls that lead to the same clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from panoptic_nb import operations
from panoptic_nb.collection import Collection

#: Functions that are methods of a project.
METHODS = ("compute_clusters", "find_duplicates", "cluster_by_tags", "agglomerative")
_HELPER = """
def images(*sha1):
    return project.df.index[project.df["sha1"].isin(sha1)]

"""


def to_python(
    record: Mapping[str, Any],
    images: Collection,
    opening: Sequence[str],
    encoders: Mapping[str, str],
    column: str | None,
) -> str:
    """Return a script that makes the clusters of a record.

    Parameters
    ----------
    images
        Of the project: what was moved by hand is written by sha1.
    opening
        The lines that open the project.
    encoders
        For each vector set the call that makes it.
    column
        Where the script saves the clusters; None = nowhere.
    """
    operations_ = record["operations"]
    used = [one["record"]["vec_type"] for one in operations_ if one.get("record")]
    lines = [
        f"# {record['n_images']} images, hash of the set {record['image_set']}; {record['date']}",
        *(f"# {name} {version}" for name, version in record["versions"].items()),
        "import panoptic_nb as pn",
        "",
        *opening,
        *(f"# {encoders.get(name, name)}" for name in dict.fromkeys(used) if name),
    ]
    if any("images" in one for one in operations_):
        lines += ["", *_HELPER.splitlines(), ""]
    lines.append("project.close_clusters()")
    for one in operations_:
        lines += CALLS[one["name"]](one, images)
    if column is not None:
        call = [repr(column)]
        call += [f"node={record['node']!r}"] if record["node"] else []
        call += ["leaves_only=True"] if record["leaves_only"] else []
        lines.append(f"project.save_clustering({', '.join(call)})")
    return "\n".join(lines) + "\n"


Call = Callable[[Mapping[str, Any], Collection], list[str]]


def _run(one: Mapping[str, Any], images: Collection) -> list[str]:
    made_by = one["record"]
    arguments = [f"{name}={value!r}" for name, value in made_by["parameters"].items()]
    arguments += [f"node={one['clusters'][0]!r}"] if one["clusters"][0] else []
    arguments += [f"vec_type={made_by['vec_type']!r}"] if made_by["vec_type"] else []
    arguments.append(f"seed={made_by['seed']}")
    name = made_by["function"]
    if name in METHODS:
        return [f"project.{name}({', '.join(arguments)})"]
    return [f"project.run({', '.join([repr(name), *arguments])})"]


def _of_one(one: Mapping[str, Any], images: Collection) -> list[str]:
    return [f"project.{one['name']}({one['clusters'][0]!r})"]


def _rename(one: Mapping[str, Any], images: Collection) -> list[str]:
    return [f"project.rename({one['clusters'][0]!r}, {one['values']['label']!r})"]


def _merge(one: Mapping[str, Any], images: Collection) -> list[str]:
    return [f"project.merge({one['clusters']!r}{_label(one)})"]


def _move(one: Mapping[str, Any], images: Collection) -> list[str]:
    target, source = one["clusters"]
    end = f", from_node={source!r})" if source else ")"
    return [f"project.move({_images(one, images)}, {target!r}{end}"]


def _move_cluster(one: Mapping[str, Any], images: Collection) -> list[str]:
    *nodes, target = one["clusters"]
    named = ", ".join(f"project.tree.node({node!r})" for node in nodes)
    return [f"project.move([{named}], {target!r})"]


def _move_to_new(one: Mapping[str, Any], images: Collection) -> list[str]:
    parent = one["clusters"][0]
    above = f", parent={parent!r}" if parent else ""
    return [f"project.move_to_new({_images(one, images)}{above}{_label(one)})"]


def _sort(one: Mapping[str, Any], images: Collection) -> list[str]:
    node, *order = one["clusters"]
    return [f"project.sort_clusters({node!r}, by={order!r})"]


def _open(one: Mapping[str, Any], images: Collection) -> list[str]:
    return [f"project.open_clustering({one['values']['column']!r})"]


def _group_by(one: Mapping[str, Any], images: Collection) -> list[str]:
    columns, dates = one["values"]["columns"], one["values"]["dates"]
    node = f", node={one['clusters'][0]!r}" if one["clusters"][0] else ""
    return [f"project.group_by({columns!r}{node}, dates={dates!r})"]


def _label(one: Mapping[str, Any]) -> str:
    label = one["values"].get("label")
    return "" if label is None else f", label={label!r}"


def _images(one: Mapping[str, Any], images: Collection) -> str:
    moved = operations.from_json(one, images).images
    sha1 = [] if moved is None else images.sha1_of(moved)
    return f"images({', '.join(map(repr, sha1))})"


CALLS: Mapping[str, Call] = {
    "run": _run,
    "rename": _rename,
    "close_clusters": _of_one,
    "merge": _merge,
    "move": _move,
    "move_cluster": _move_cluster,
    "move_to_new": _move_to_new,
    "lock": _of_one,
    "unlock": _of_one,
    "sort_clusters": _sort,
    "not_duplicates": _of_one,
    "open_clustering": _open,
    "group_by": _group_by,
}
