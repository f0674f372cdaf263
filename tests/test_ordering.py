from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.collection import Collection
from panoptic_nb.distances import squared_distances
from panoptic_nb.ordering import Ordered, Ordering
from panoptic_nb.piles import piles
from panoptic_nb.sort import Sort

DIM = 3


class Case:
    """A collection in two orders of its rows, and a leaf of it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.images = draw(st.integers(1, 9))
        integers = st.integers(0, 3)
        facts = st.lists(integers, min_size=self.images, max_size=self.images)
        self.hashes = np.array(draw(facts), np.uint64) << np.uint64(62)
        extra = draw(st.lists(st.integers(0, self.images - 1), max_size=6))
        self.image_of_row = np.array(draw(st.permutations([*range(self.images), *extra])))
        values = st.sampled_from([None, 1.0, 2.0, 3.0])
        rows = len(self.image_of_row)
        self.column = pd.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=float)
        angles = np.array(draw(facts)) * 0.3 + 0.1
        self.vectors = np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1).astype(np.float32)
        self.vectors[draw(st.lists(st.integers(0, self.images - 1)))] = np.nan
        chosen = draw(st.sets(st.integers(0, self.images - 1), min_size=1))
        self.members = np.array(sorted(chosen))
        found = st.sampled_from([-0.5, 0.0, 0.25, 0.75])
        given = draw(st.none() | st.lists(found, min_size=len(chosen), max_size=len(chosen)))
        self.similarities = None if given is None else np.array(given, np.float32)
        self.shuffle = np.array(draw(st.permutations(range(rows))))

    def order(self, sort: Sort, rows: np.ndarray | None = None) -> Ordered:
        images, column = self.image_of_row, self.column
        if rows is not None:
            images, column = images[rows], column.iloc[rows]
        collection = Collection([f"{i:040x}" for i in images], pd.RangeIndex(len(images)))
        column = column if sort.by == "column" else None
        ordering = Ordering(sort, collection, self.hashes, column, lambda name: self.vectors)
        return ordering.order(self.members, self.similarities)

    def value(self, sort: Sort, row: int) -> float | None:
        """What a row is sorted by, by definition, ascending; None = missing."""
        image = self.image_of_row[row]
        given = self.similarities
        sign = -1 if sort.descending else 1
        if sort.by == "column":
            value = self.column[row]
        elif sort.by in ("auto", "similarity") and given is not None:
            value = given[np.searchsorted(self.members, image)] * (-1 if sort.by == "auto" else 1)
        elif sort.by in ("typical", "outliers"):
            known = self.vectors[self.members].astype(np.float64)
            known = known[~np.isnan(known[:, 0])]
            offset = self.vectors[image] - known.mean(axis=0) if len(known) else np.nan
            value = np.square(offset).sum() * (1 if sort.by == "typical" else -1)
        else:
            return 0.0
        return None if np.isnan(value) else float(value) * sign


cases = st.composite(Case)()
SORTS = [
    Sort(by, "column" if by == "column" else None, descending)  # type: ignore[arg-type]
    for by in ("auto", "hash", "typical", "outliers", "similarity", "column")
    for descending in (False, True)
]
sorts = st.sampled_from(SORTS)


@given(cases, sorts)
def test_every_row_of_the_leaf_is_there_once_with_its_similarity(case: Case, sort: Sort) -> None:
    rows, similarities = case.order(sort)
    assert sorted(rows) == np.flatnonzero(np.isin(case.image_of_row, case.members)).tolist()
    assert len(similarities) == len(rows)
    if case.similarities is None:
        assert np.isnan(similarities).all()
    else:
        at = np.searchsorted(case.members, case.image_of_row[rows])
        assert np.array_equal(similarities, case.similarities[at])


@given(cases, sorts)
def test_rows_follow_their_value_missing_last_equals_by_hash(case: Case, sort: Sort) -> None:
    if sort.by == "similarity" and case.similarities is None:
        return  # see below
    sign = -1.0 if sort.by == "hash" and sort.descending else 1.0
    rows = case.order(sort).rows.tolist()
    for row, later in itertools.pairwise(rows):
        value, next_value = case.value(sort, row), case.value(sort, later)
        image, next_image = case.image_of_row[[row, later]]
        if value is None or next_value is None:
            assert next_value is None
        else:  # rounding decides between images that are as far on two sides of the centroid
            assert value <= next_value + 1e-5
        alike = np.array_equal(*case.vectors[[image, next_image]], equal_nan=True)
        if value == next_value and (alike or sort.by not in ("typical", "outliers")):
            ties = sign * case.hashes.astype(float)
            assert (ties[image], image) <= (ties[next_image], next_image)


@given(cases, st.booleans())
def test_without_similarities_they_are_those_to_the_most_typical_image(
    case: Case, descending: bool
) -> None:
    case.similarities = None
    rows = case.order(Sort("similarity", None, descending)).rows
    typical = case.vectors[case.image_of_row[case.order(Sort("typical")).rows[0]]]
    values = case.vectors[case.image_of_row[rows]] @ typical
    known = values[~np.isnan(values)]
    assert np.isnan(values[len(known) :]).all()
    assert (np.diff(known) * (-1 if descending else 1) >= -1e-6).all()


@given(cases, sorts)
def test_the_order_does_not_depend_on_that_of_the_rows(case: Case, sort: Sort) -> None:
    def facts(rows: np.ndarray) -> list[tuple[int, str]]:
        return [(case.image_of_row[row], str(case.column[row])) for row in rows]

    here, there = case.order(sort).rows, case.shuffle[case.order(sort, case.shuffle).rows]
    if sort.by == "column":
        assert facts(here) == facts(there)
    else:
        assert np.array_equal(case.image_of_row[here], case.image_of_row[there])


@given(cases)
def test_outliers_are_the_typical_ones_backwards(case: Case) -> None:
    outliers = case.order(Sort("outliers")).rows
    assert np.array_equal(outliers, case.order(Sort("typical", None, True)).rows)
    assert np.array_equal(
        case.order(Sort("typical")).rows, case.order(Sort("outliers", None, True)).rows
    )


def test_distances_are_those_to_the_centroid_and_equal_for_equal_vectors() -> None:
    vectors = blobs([3000, 2500], dim=48, spread=0.4)
    vectors[4000:4100] = vectors[7]
    vectors[5] = np.nan
    for members in (np.arange(5500), np.arange(0, 5500, 2), np.array([5]), np.array([], int)):
        rows = vectors[members].astype(np.float64)
        if not len(members) or np.isnan(rows).all():
            assert np.isnan(squared_distances(vectors, members)).all()
            continue
        expected = np.square(rows - np.nanmean(rows, axis=0)).sum(axis=1)
        distances = squared_distances(vectors, members)
        np.testing.assert_allclose(distances, expected, rtol=1e-4, atol=1e-6)
        same = np.isin(members, [7, *range(4000, 4100)])
        assert len(set(distances[same])) == 1


def test_distances_in_a_tight_cluster_keep_their_digits() -> None:
    vectors = blobs([5000], dim=32, spread=1e-3)
    expected = np.square(vectors - vectors.mean(axis=0, dtype=np.float64)).sum(axis=1)
    np.testing.assert_allclose(squared_distances(vectors, np.arange(5000)), expected, rtol=1e-2)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_piles_hold_every_row_of_their_image_in_order(images: list[int]) -> None:
    made = piles(np.array(images, np.int64))
    expected: dict[int, list[int]] = {}
    for position, image in enumerate(images):
        expected.setdefault(image, []).append(position)
    parts = np.split(made.order, made.starts[1:-1]) if images else []
    assert [part.tolist() for part in parts] == list(expected.values())
    assert made.first.tolist() == [rows[0] for rows in expected.values()]
    assert made.counts.tolist() == [len(rows) for rows in expected.values()]
    assert len(made) == len(expected)


def test_the_leaves_of_a_project_are_ordered_by_the_vectors_they_were_made_by(
    tmp_path: Path,
) -> None:
    write_images(tmp_path / "images", 12)
    with pn.open_project(tmp_path / "images") as project:
        plain = Ordering.of(project, Sort("typical")).leaf(project.tree.root)
        assert np.array_equal(
            plain.rows, Ordering.of(project, Sort("hash")).leaf(project.tree.root).rows
        )
        made = blobs([12], spread=0.5)
        project.add_vectors("made", made)
        leaf = project.compute_clusters(1).children[0]
        project.add_vectors("newer", blobs([12], spread=0.5, seed=1))
        rows = Ordering.of(project, Sort("typical")).leaf(leaf).rows
        expected = np.square(made - made.mean(axis=0)).sum(axis=1).argsort()
        assert np.array_equal(rows, expected)


def test_a_project_is_sorted_by_any_column_while_it_is_there(tmp_path: Path) -> None:
    write_images(tmp_path / "images", 4)
    with pn.open_project(tmp_path / "images") as project:
        project.df["year"] = [1901, None, 1900, 1902]
        sort = Sort.parse({"column": "year", "descending": True}, project.df.columns)
        assert Ordering.of(project, sort).leaf(project.tree.root).rows.tolist() == [3, 0, 2, 1]
        del project.df["year"]
        with pytest.raises(pn.ProjectError, match="cannot be sorted by"):
            Ordering.of(project, sort)
