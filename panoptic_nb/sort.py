"""What the images of a cluster can be sorted by, as users and the browser say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError

By = Literal["auto", "hash", "typical", "outliers", "similarity", "column"]


@dataclass(frozen=True)
class Sort:
    """An order of the images inside each leaf of the tree.

    Whatever it is, what has no value comes last in both directions, and equals follow each other
    by average hash, then by sha1: look-alikes side by side.

    Parameters
    ----------
    by
        - "auto": by similarity where the clustering function gave one, else by hash;
        - "hash": by average hash, then by sha1;
        - "typical": those nearest to the centroid of the leaf first;
        - "outliers": those farthest from it first;
        - "similarity": by the similarity that the function gave, else by the cosine to the most
          typical image;
        - "column": by a column of the table.
    column
        The name of that column.
    descending
        Largest value first. By similarity that is so unless told otherwise. The orders "auto",
        "typical" and "outliers" have a direction in their name, which this turns round.
    """

    by: By = "auto"
    column: str | None = None
    descending: bool | None = None

    def __post_init__(self) -> None:
        if self.descending is None:
            object.__setattr__(self, "descending", self.by == "similarity")

    @classmethod
    def parse(cls, value: Any, columns: Iterable[Any] = ()) -> Sort:
        """Read what a user or the browser says.

        Parameters
        ----------
        value
            None for the default; the name of an order or of a column; a `Sort`; or a mapping with
            "by", "column" and "descending", of which those that go without saying may be left out.
            An order comes before a column of the same name, which a mapping can name.
        columns
            Names of the columns that there are.

        Raises
        ------
        ProjectError
            It is none of these, or there is no such column.

        Examples
        --------
        >>> Sort.parse("typical").to_dict()
        {'by': 'typical', 'column': None, 'descending': False}
        >>> Sort.parse({"column": "year", "descending": True}, ["year"]).by
        'column'
        """
        names = list(map(str, columns))
        said = _as_mapping(value)
        column, descending = said.get("column"), said.get("descending")
        by = said.get("by", "auto" if column is None else "column")
        fits = (
            said.keys() <= {"by", "column", "descending"}
            and isinstance(by, str)
            and by in get_args(By)
            and (isinstance(column, str) and column in names if by == "column" else column is None)
            and (descending is None or isinstance(descending, bool))
        )
        if not fits:
            raise _unknown(value, names)
        return cls(by, column, descending)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values that `parse` reads."""
        return asdict(self)

    @property
    def needs_vectors(self) -> bool:
        """Whether the order is another one where there are vectors."""
        return self.by in ("typical", "outliers", "similarity")


def _as_mapping(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Sort):
        return value.to_dict()
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        is_order = value in get_args(By) and value != "column"
        return {"by": value} if is_order else {"column": value}
    return {} if value is None else {"unknown": value}


def _unknown(value: Any, columns: list[str]) -> ProjectError:
    orders = ", ".join(repr(by) for by in get_args(By) if by != "column")
    choices = ", ".join(map(repr, columns)) or "none"
    asked = short(value)
    return ProjectError(
        f"Images cannot be sorted by {asked}. Orders: {orders}; columns: {choices}. Give a name, "
        "or for instance {'by': 'column', 'column': <name>, 'descending': True}.",
        key="no_sort",
        sort=asked,
        orders=orders,
        choices=choices,
    )
