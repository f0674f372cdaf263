"""Vectors that users bring: in which forms, for which rows, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from panoptic_nb.collection import Collection
from panoptic_nb.errors import VectorError
from panoptic_nb.images import file_sha1
from panoptic_nb.progress import Progress
from panoptic_nb.store import MediaStore
from panoptic_nb.vector_sets import VectorSets, read_rows

LABELS = ["x", "y", "z"]
ROWS = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MediaStore]:
    opened = MediaStore(tmp_path / "media.sqlite")
    yield opened
    opened.close()


def frame_of(index: Any) -> pd.DataFrame:
    index = pd.Index(index)
    return pd.DataFrame({"width": range(len(index))}, index=index)


def sets_of(store: MediaStore, sha1: list[str]) -> VectorSets:
    """The sets of a project with one row for each sha1."""
    return VectorSets(store, Collection(sha1, pd.RangeIndex(len(sha1))), [Path()] * len(sha1))


@given(order=st.permutations(range(3)), kept=st.integers(1, 3))
def test_labelled_vectors_go_by_label_whatever_their_order(order: list[int], kept: int) -> None:
    frame = frame_of(LABELS)
    part = order[:kept]
    labels = [LABELS[at] for at in part]
    expected = np.full((3, 2), np.nan, np.float32)
    expected[part] = ROWS[part]
    for vectors in (
        pd.Series(list(ROWS[part]), index=labels),
        pd.DataFrame(ROWS[part], index=labels),
        dict(zip(labels, ROWS[part], strict=True)),
    ):
        np.testing.assert_allclose(read_rows("s", vectors, frame), expected, atol=1e-6)


@pytest.mark.parametrize(
    "index",
    [
        LABELS,
        [10, 20, 30],
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
        pd.date_range("2020-01-01", periods=3),
        [("a", 1), "b", 3],
    ],
)
def test_every_index_names_its_rows(index: Any) -> None:
    frame = frame_of(index)
    labels = list(frame.index)
    mapping = {labels[2]: ROWS[2], labels[0]: None, labels[1]: ROWS[1]}
    expected = np.vstack([[np.nan, np.nan], ROWS[1:]])
    np.testing.assert_allclose(read_rows("s", mapping, frame), expected, atol=1e-6)
    with pytest.raises(VectorError, match=r"1 of 2 labels of the vectors 's'.*'nowhere'"):
        read_rows("s", {labels[0]: ROWS[0], "nowhere": ROWS[1]}, frame)


def test_part_of_a_label_is_no_label() -> None:
    frame = frame_of(pd.MultiIndex.from_tuples([("a", 1), ("b", 1)]))
    with pytest.raises(VectorError, match=r"2 of 2 labels.*'a'"):
        read_rows("s", {"a": [1, 0], "b": [0, 1]}, frame)


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        ("width", "'s' must be sequences of numbers.*one per image"),
        ("text", "'s' must be sequences of numbers"),
        ("ragged", "'s' differ in length: 1, 2"),
        ("nothing", "'s' hold no vector at all"),
        ("no column", "no column 'no column'"),
        ({"x": np.ones((2, 3))}, "'s' must be sequences of numbers"),
        ({"x": [1, 2], "y": [1, 2, 3]}, "'s' differ in length"),
        ({"x": 5}, "'s' must be sequences of numbers"),
        ({"x": None, "y": float("nan")}, "'s' hold no vector at all"),
        ({}, "'s' hold no vector at all"),
        (pd.DataFrame(ROWS), r"3 of 3 labels.*for example 0\b.*an array to go by position"),
        (pd.DataFrame(ROWS, index=["x", "x", "y"]), "'s' have the label 'x' twice"),
        (ROWS[:2], r"'s' must have shape \(3, length\).*\(2, 2\)"),
        (7, "'s' must be an array"),
    ],
)
def test_what_is_no_vectors_is_refused_in_one_sentence(vectors: Any, says: str) -> None:
    frame = frame_of(LABELS)
    frame["text"] = ["[1, 2]", "a\nb", "c"]
    frame["ragged"] = pd.Series([[1], [1, 2], None], index=LABELS)
    frame["nothing"] = np.nan
    with pytest.raises(VectorError, match=says) as caught:
        read_rows("s", vectors, frame)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "  ", None, 3, ["a"]])
def test_a_set_needs_a_name(store: MediaStore, name: Any) -> None:
    with pytest.raises(VectorError, match="needs a name"):
        sets_of(store, ["a"]).add(name, np.ones((1, 2)), frame_of([0]))


def test_the_first_row_that_has_a_vector_speaks_for_its_image(store: MediaStore) -> None:
    sets = sets_of(store, ["b", "a", "b", "b"])
    frame = frame_of(range(4))
    rows = np.array([[np.nan, np.nan], [1, 0], [0, 2], [0, 2.0001]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sets.add("array", rows, frame)
        sets.add("mapping", {2: [0, 1], 1: [1, 0]}, frame)
    for name in ("array", "mapping"):
        np.testing.assert_allclose(sets.of_images(name), [[1, 0], [0, 1]], atol=1e-6)
        assert sets.without_vector(name) == 0


def test_rows_without_a_vector_are_counted_before_and_after_the_vectors_are_read(
    store: MediaStore,
) -> None:
    first, second = "a" * 40, "b" * 40
    sets = sets_of(store, [second, first, second])
    sets.add("s", {1: [1, 0]}, frame_of(range(3)))
    assert sets.without_vector("s") == 2
    sets.of_images("s")
    assert sets.without_vector("s") == 2


def test_rows_of_one_image_that_disagree_are_counted(store: MediaStore) -> None:
    sets = sets_of(store, ["b", "a", "b", "b", "a", "c"])
    rows = [[1, 0], [0, 1], [0, 1], [-1, 0], [0, 1], [1, 1]]
    with pytest.warns(UserWarning, match="in several rows with different vectors: 1\\.") as told:
        sets.add("s", rows, frame_of(range(6)))
    assert told[0].filename == __file__, "a warning points at the line of the user"
    np.testing.assert_allclose(sets.of_images("s")[:2], [[0, 1], [1, 0]], atol=1e-6)


def test_a_set_is_replaced_and_deleted(store: MediaStore) -> None:
    sets, frame = sets_of(store, ["a", "b"]), frame_of([0, 1])
    sets.add("s", np.eye(2), frame)
    assert sets.of_images("s").shape == (2, 2)
    sets.add("s", np.eye(2, 3), frame)
    assert sets.of_images("s").shape == (2, 3)
    sets.delete("s")
    assert sets.all() == {}
    for name in ("s", None, ["s"]):
        with pytest.raises(VectorError):
            sets.delete(name)  # type: ignore[arg-type]


def test_a_deleted_set_can_be_computed_again_by_another_function(
    store: MediaStore, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (4, 4), (9, 9, 9)).save(path)
    sets = VectorSets(store, Collection([file_sha1(path)], pd.RangeIndex(1)), [path])
    for length in (3, 4):

        def ones(images: list[Image.Image], length: int = length) -> np.ndarray:
            return np.ones((len(images), length))

        if length == 4:
            with pytest.raises(VectorError, match="another model"):
                sets.embed(ones, 4, Progress())
            sets.delete("ones")
        assert sets.of_images(sets.embed(ones, 4, Progress())).shape == (1, length)
