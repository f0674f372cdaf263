"""Two clusterings beside each other, and a clustering beside a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from panoptic_nb.distinct import distinct
from panoptic_nb.errors import ProjectError
from panoptic_nb.records import label_paths
from panoptic_nb.tag_cells import Ints, is_list
from panoptic_nb.tree import SEPARATOR, UNASSIGNED

#: Of a table that can be held and read.
MAX_CELLS = 25_000_000


@dataclass(frozen=True)
class Comparison:
    """Two clusterings of the same rows.

    Attributes
    ----------
    table : pandas.DataFrame
        How many rows each cluster of the first (index) shares with each of the second (columns).
        "Unassigned" are the rows in no cluster. A row in several clusters counts in each.
    ari, ami : float
        Adjusted Rand index and adjusted mutual information of the rows that both put into a
        cluster: 1 = the same groups, 0 = as by chance. NaN when clusters overlap, or no row is
        left.
    matches : pandas.Series
        For each cluster of the first the one of the second that continues it, missing if none does:
        pairs are taken by the number of rows that they share, most first, each cluster once.
    changed : pandas.DataFrame
        The rows that are not in the cluster that continues theirs, with both clusters.
    """

    table: pd.DataFrame
    ari: float
    ami: float
    matches: pd.Series[Any]
    changed: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Comparison: ARI {self.ari:.3f}, AMI {self.ami:.3f}, {len(self.changed)} changed>"


@dataclass(frozen=True)
class Groups:
    """Which row has which value.

    Attributes
    ----------
    rows, values : ndarray of int64 (m,)
        Row positions and positions in `names`; each pair once.
    names : list
        The values in order.
    """

    rows: Ints
    values: Ints
    names: list[Any]

    @property
    def overlap(self) -> bool:
        """Whether a row has several values."""
        return len(distinct(self.rows)) < len(self.rows)

    def rows_of(self, value: Any, n_rows: int) -> Ints:
        """Return the rows of a value; of none, where it is missing or no value."""
        if value not in self.names:
            return np.setdiff1d(np.arange(n_rows, dtype=np.int64), self.rows)
        rows: Ints = self.rows[self.values == self.names.index(value)]
        return rows


def groups_of(column: pd.Series[Any], level: int | None = None) -> Groups:
    """Return the values of a column: paths cut to a level, where one is given."""
    if not isinstance(column.dtype, pd.CategoricalDtype) and not _holds_lists(column):
        values, names = pd.factorize(column, sort=_can_be_sorted(column))
        rows = np.flatnonzero(values >= 0)
        return _distinct(rows, values[rows].astype(np.int64), list(names), level)
    return _distinct(*label_paths.cells(column), level)


def _holds_lists(column: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.ArrowDtype):
        return is_list(column.dtype.pyarrow_dtype)
    return column.dtype == object and bool(column.map(types.is_list_like).any())


def _can_be_sorted(column: pd.Series[Any]) -> bool:
    return types.infer_dtype(column, skipna=True) not in ("mixed", "mixed-integer")


def _distinct(rows: Ints, values: Ints, names: list[Any], level: int | None) -> Groups:
    if level is not None:
        cut = [SEPARATOR.join(str(name).split(SEPARATOR)[:level]) for name in names]
        names = list(dict.fromkeys(cut))
        values = np.array([names.index(name) for name in cut], np.int64)[values]
    pairs = distinct(rows * max(len(names), 1) + values)
    return Groups(*np.divmod(pairs, max(len(names), 1)), names)


def compare(a: Groups, b: Groups, names: tuple[str, str], index: pd.Index) -> Comparison:
    """Return two clusterings beside each other; the rows are those of `index`."""
    counts = _counts(a, b)
    table = crosstab(a, b, names, len(index))
    match = _matches(counts)
    matches = pd.Series(
        [b.names[at] if at >= 0 else None for at in match],
        index=pd.Index(a.names, name=names[0]),
        name=names[1],
        dtype=object,
    )
    ari, ami = _agreement(a, b)
    rows = _changed(a, b, match)
    columns = [_texts(a, rows), _texts(b, rows)]
    changed = pd.DataFrame(dict(enumerate(columns)), index=index[rows])
    changed.columns = pd.Index(names)
    return Comparison(table, ari, ami, matches, changed)


def crosstab(a: Groups, b: Groups, names: tuple[str, str], n_rows: int) -> pd.DataFrame:
    """Return how many rows have each pair of values; "Unassigned" or missing come last."""
    counts = _counts(_filled(a, n_rows), _filled(b, n_rows))
    labels = [*a.names, UNASSIGNED], [*b.names, None]
    used = [np.flatnonzero(counts.sum(axis=1 - axis)) for axis in (0, 1)]
    return pd.DataFrame(
        counts[np.ix_(*used)],
        index=pd.Index([labels[0][at] for at in used[0]], name=names[0]),
        columns=pd.Index([labels[1][at] for at in used[1]], name=names[1]),
    )


def _filled(groups: Groups, n_rows: int) -> Groups:
    """Return the groups with one more, of the rows that are in none."""
    free = np.ones(n_rows, bool)
    free[groups.rows] = False
    rest = np.flatnonzero(free)
    rows = np.concatenate([groups.rows, rest])
    values = np.concatenate([groups.values, np.full(len(rest), len(groups.names))])
    return Groups(rows, values, [*groups.names, None])


def _counts(a: Groups, b: Groups) -> NDArray[np.int64]:
    """Return how many rows two groups share, int64 (groups of a, groups of b)."""
    import scipy.sparse

    if len(a.names) * len(b.names) > MAX_CELLS:
        raise ProjectError(
            f"A table of {len(a.names):,} by {len(b.names):,} clusters is too large. Compare the "
            "clusters of the first level: level=1."
        )
    n_rows = int(max(a.rows.max(initial=-1), b.rows.max(initial=-1))) + 1

    def matrix(groups: Groups) -> Any:
        ones = np.ones(len(groups.rows), np.int64)
        shape = (n_rows, len(groups.names))
        return scipy.sparse.csr_array((ones, (groups.rows, groups.values)), shape)

    counts: NDArray[np.int64] = (matrix(a).T @ matrix(b)).toarray().astype(np.int64)
    return counts


def _matches(counts: NDArray[np.int64]) -> Ints:
    """Return for each row of a table the column that continues it, -1 if none."""
    match = np.full(len(counts), -1, np.int64)
    rows, columns = np.nonzero(counts)
    taken = np.zeros(counts.shape[1], bool)
    for at in np.argsort(-counts[rows, columns], kind="stable").tolist():
        if match[rows[at]] < 0 and not taken[columns[at]]:
            match[rows[at]] = columns[at]
            taken[columns[at]] = True
    return match


def _agreement(a: Groups, b: Groups) -> tuple[float, float]:
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    if a.overlap or b.overlap:
        return np.nan, np.nan
    both, of_a, of_b = np.intersect1d(a.rows, b.rows, assume_unique=True, return_indices=True)
    if not len(both):
        return np.nan, np.nan
    labels = a.values[of_a], b.values[of_b]
    return float(adjusted_rand_score(*labels)), float(adjusted_mutual_info_score(*labels))


def _changed(a: Groups, b: Groups, match: Ints) -> Ints:
    """Return the rows whose clusters are not those that continue the ones they had, ascending."""
    width = len(b.names) + 1
    continued = match[a.values] if len(a.values) else a.values
    expected = a.rows * width + np.where(continued < 0, len(b.names), continued)
    # Two clusters that end in none would be one pair, so each pair once on either side.
    either = np.setxor1d(distinct(expected), b.rows * width + b.values, assume_unique=True)
    return distinct(either // width)


def _texts(groups: Groups, rows: Ints) -> list[str | None]:
    """Return the clusters of some rows as text."""
    starts = np.searchsorted(groups.rows, rows)
    stops = np.searchsorted(groups.rows, rows, side="right")
    if not groups.overlap:
        names = np.array([*map(str, groups.names), None], dtype=object)
        values = np.append(groups.values, -1)[starts]
        found: list[str | None] = names[np.where(starts < stops, values, -1)].tolist()
        return found
    parts = [groups.values[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return ["; ".join(str(groups.names[at]) for at in part) or None for part in parts]
