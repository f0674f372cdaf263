"""Where a cluster comes from: enough to cite it and to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any


@dataclass(frozen=True)
class Record:
    """How the groups of one split were made.

    Attributes
    ----------
    function, parameters, seed
        The call, with every default written out that applied.
    vec_type, model_hash
        The vector set and a hash of the weights (or vectors) behind it; None without vectors.
    image_set
        Hash of the sha1 of the images that were split, in canonical order.
    n_images
        How many images (file contents) were split.
    parent
        Label path of the node that was split.
    versions
        Of the libraries that decide the result.
    date
        UTC, ISO 8601.
    decisions
        How many "not duplicates" decisions the function was given, as ``pairs``, and a ``hash`` of
        them; None when it takes none.
    vectors
        Hash of the vectors of the first images, in canonical order; None without vectors.
    tags
        The tags that the function was given: ``column``, ``count`` and ``hash`` of each, by the
        name of the parameter.
    found
        What the function said of its result, for example the scale of its similarities.
    """

    function: str
    parameters: Mapping[str, Any]
    seed: int
    vec_type: str | None
    model_hash: str | None
    image_set: str
    n_images: int
    parent: str
    versions: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    decisions: Mapping[str, Any] | None = None
    vectors: str | None = None
    tags: Mapping[str, Any] | None = None
    found: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Record:
        """Read what `to_dict` wrote; keys of a newer version are left out."""
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in values.items() if key in known})


@dataclass(frozen=True)
class ManualEdit:
    """What a user changed about a cluster by hand.

    Attributes
    ----------
    kind
        "added" or "removed": images that were moved into it or out of it; "merged": images that
        came with other clusters; "made": the images of a cluster made by hand.
    images
        How many images (file contents), in all edits of this kind that followed each other.
    date
        Of the last of them; UTC, ISO 8601.
    """

    kind: str
    images: int
    date: str


def with_edit(edits: tuple[ManualEdit, ...], kind: str, images: int) -> tuple[ManualEdit, ...]:
    """Return the edits of a cluster and one made now, counted with the last of the same kind."""
    if edits and edits[-1].kind == kind:
        return (*edits[:-1], ManualEdit(kind, edits[-1].images + images, now()))
    return (*edits, ManualEdit(kind, images, now()))


def now() -> str:
    """Return the time as a record writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide a clustering."""
    versions = {}
    for name in ("panoptic_nb", "numpy", "scipy", "scikit-learn", "graspologic-native"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[name] = "unknown"
    return versions
