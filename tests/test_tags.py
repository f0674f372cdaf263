"""cluster_by_tags: against a naive implementation, and the scale of its similarities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fixtures import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from panoptic_nb.clustering import image_text, tags
from panoptic_nb.clustering.image_text import Scale, calibrate
from panoptic_nb.clustering.tags import cluster_by_tags
from panoptic_nb.errors import Cancelled, ParameterError
from panoptic_nb.inputs import Tags, TextEncoder
from panoptic_nb.progress import Progress

TAGS = Tags("kind", [("animal",), ("animal", "bird"), ("animal", "fish"), ("plant",)])
AXES = {"animal": 0, "bird": 1, "fish": 2, "plant": 3}


def encode(texts: list[str]) -> np.ndarray:
    """A text side that knows four words, one axis each."""
    rows = np.zeros((len(texts), 4), np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            rows[row, AXES[word]] = 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def by_tags(vectors: np.ndarray, **params: object) -> dict[str, list[int]]:
    groups = cluster_by_tags(vectors, TextEncoder(encode), Progress(), tags=TAGS, **params)  # type: ignore[arg-type]
    return {str(g.label): np.asarray(g.members).tolist() for g in groups if len(g.members)}  # type: ignore[arg-type]


def test_each_image_goes_to_the_tag_of_its_nearest_text() -> None:
    images = np.eye(4, dtype=np.float32)
    assert by_tags(images) == {"animal": [0], "bird": [1], "fish": [2], "plant": [3]}
    assert by_tags(images, parent_tags="ignore") == {"bird": [1], "fish": [2], "plant": [3]}
    combined = by_tags(images, parent_tags="combine")
    assert set(combined) == {"bird", "fish", "plant"}


def test_multiple_puts_an_image_under_every_tag_that_is_similar_enough() -> None:
    both = np.array([[0, 1, 1, 0]], np.float32) / np.sqrt(2)
    images = np.vstack([both, np.eye(4, dtype=np.float32)])
    assert by_tags(images, multiple=True)["bird"] == [0, 2]
    assert by_tags(images, multiple=True)["fish"] == [0, 3]
    assert 0 not in by_tags(images)["fish"]


# ------------------------------------------------------------- against a naive implementation

NAMES = [("a",), ("a", "b"), ("a", "c"), ("d",), ("d", "b"), ("e",)]
#: Their products are exact in float32, so that neither order nor blocks can round differently.
EIGHTHS = st.integers(-6, 6).map(lambda number: number / 8)


def rows_of(count: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, (count, 3), elements=EIGHTHS)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    sample = draw(st.none() | st.integers(1, 9).flatmap(rows_of))
    return {
        "vectors": draw(st.integers(1, 12).flatmap(rows_of)),
        "of_text": {name: draw(rows_of(1))[0] for name in "abcde"},
        "names": draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)),
        "sample": sample,
        "min_similarity": draw(st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])),
        "multiple": draw(st.booleans()),
    }


def grouped(case: dict[str, Any], **changes: Any) -> dict[str, dict[int, float]]:
    """The similarity of each image of each group, by label."""
    case = case | changes

    def encode(texts: Any) -> np.ndarray:
        return np.array([case["of_text"][text] for text in texts])

    groups = cluster_by_tags(
        case["vectors"],
        TextEncoder(encode, case["sample"]),
        Progress(),
        tags=Tags("kind", case["names"]),
        min_similarity=case["min_similarity"],
        multiple=case["multiple"],
    )
    return {
        str(group.label): dict(zip(group.members, group.similarities, strict=True))  # type: ignore[arg-type]
        for group in groups
        if len(group.members)  # type: ignore[arg-type]
    }


def naive(case: dict[str, Any]) -> dict[str, dict[int, float]]:
    """The same with the whole matrix in float64."""
    paths = sorted(case["names"])
    both_b = {("a", "b"), ("d", "b")} <= set(paths)
    labels = [f"b ({path[0]})" if both_b and path[-1] == "b" else path[-1] for path in paths]
    texts = np.array([case["of_text"][path[-1]] for path in paths], np.float64)
    sample = case["vectors"] if case["sample"] is None else case["sample"]
    usual = sample.astype(np.float64) @ np.unique(texts, axis=0).T  # a text counts once
    best = np.sort(usual.max(axis=1))
    low, high = np.median(usual), best[int(np.ceil(0.998 * (len(best) - 1)))]
    cosines = case["vectors"].astype(np.float64) @ texts.T
    scaled = np.clip((cosines - low) / (high - low), 0, 1) if high > low else cosines * 0 + 1
    scaled = scaled.astype(np.float32)
    result: dict[str, dict[int, float]] = {}
    for image, row in enumerate(scaled):
        nearest = [int(cosines[image].argmax())]
        for tag in range(len(paths)) if case["multiple"] else nearest:
            if float(row[tag]) >= case["min_similarity"]:
                result.setdefault(labels[tag], {})[image] = row[tag]
    return result


@pytest.fixture(params=[1, 4096], ids=["blocks of one", "one block"])
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_text, "MIN_ROWS", request.param)
    monkeypatch.setattr(image_text, "MAX_ROWS", request.param)


@pytest.mark.usefixtures("rows")
@settings(max_examples=100)
@given(cases())
def test_groups_are_those_of_a_naive_implementation(case: dict[str, Any]) -> None:
    groups = grouped(case)
    assert groups == naive(case)
    everything = [image for members in groups.values() for image in members]
    if not case["multiple"]:
        assert len(everything) == len(set(everything)), "an image stands in two groups"
    for members in groups.values():
        assert all(case["min_similarity"] <= float(value) <= 1 for value in members.values())


@given(cases(), st.randoms())
def test_no_order_changes_the_groups(case: dict[str, Any], random: Any) -> None:
    images = random.sample(range(len(case["vectors"])), len(case["vectors"]))
    names = random.sample(case["names"], len(case["names"]))
    turned = grouped(case, vectors=case["vectors"][images], names=names)
    assert {
        label: {images[image]: value for image, value in members.items()}
        for label, members in turned.items()
    } == grouped(case)


@pytest.mark.parametrize("multiple", [False, True])
def test_many_images_and_tags_are_as_the_whole_matrix_says(multiple: bool) -> None:
    texts = blobs([1] * 40, dim=32)
    vectors = np.repeat(texts, 150, axis=0) + 2 * blobs([6000], dim=32, seed=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kind = Tags("kind", [(f"{number:02}",) for number in range(40)])
    text = TextEncoder(lambda _: texts)
    groups = cluster_by_tags(vectors, text, Progress(), tags=kind, multiple=multiple)
    cosines = vectors @ texts.T
    scale = calibrate(vectors[:4096], texts, Progress())
    enough = (cosines - scale.low) / (scale.high - scale.low)
    for tag, group in enumerate(groups):
        sure, doubtful = (enough[:, tag] > 0.5001), np.abs(enough[:, tag] - 0.5) < 1e-4
        if not multiple:
            sure &= cosines.argmax(axis=1) == tag
        members = np.asarray(group.members)
        assert set(np.flatnonzero(sure)) <= set(members) <= set(np.flatnonzero(sure | doubtful))
        np.testing.assert_allclose(group.similarities, enough[members, tag].clip(0, 1), atol=1e-5)
    assert sum(len(np.asarray(group.members)) for group in groups) > 1000


# ---------------------------------------------------------------------- texts that are equal


@pytest.mark.parametrize("names", [[("a", "bat"), ("s", "bat")], [("Bat",), ("bat",)]])
def test_tags_that_read_the_same_are_said_and_the_first_gets_the_images(names: list) -> None:
    text = TextEncoder(lambda texts: np.ones((len(texts), 4), np.float32) / 2)
    progress = Progress()
    vectors = blobs([50], dim=4)
    groups = cluster_by_tags(vectors, text, progress, tags=Tags("k", names), min_similarity=0)
    assert [len(np.asarray(group.members)) for group in groups] == [50]
    assert str(groups[0].label) in ("bat (a)", "Bat")
    (notice,) = progress.notices
    assert notice.key == "same_text"
    assert notice.values == {"first": "/".join(names[0]), "second": "/".join(names[1]), "tags": 1}
    groups = cluster_by_tags(
        vectors, text, progress, tags=Tags("k", names), min_similarity=0, multiple=True
    )
    assert [len(np.asarray(group.members)) for group in groups] == [50, 50]
    assert len(progress.notices) == 1


# ------------------------------------------------------------------------------ the scale


def cosines_with(first: list[float]) -> np.ndarray:
    """Vectors of two dimensions whose cosines with the first axis are these."""
    values = np.array(first)
    return np.stack([values, np.sqrt(1 - values**2)], axis=1).astype(np.float32)


AXIS = np.array([[1, 0]], np.float32)


def test_one_curiosity_does_not_stretch_the_scale() -> None:
    usual = np.linspace(0.1, 0.3, 1500).tolist()
    plain = calibrate(cosines_with(usual), AXIS, Progress())
    curious = calibrate(cosines_with([*usual, 0.95]), AXIS, Progress())
    assert plain.low == pytest.approx(0.2, abs=1e-3) and plain.high == pytest.approx(0.3, abs=1e-3)
    assert curious.low == pytest.approx(plain.low, abs=1e-3)
    assert curious.high == pytest.approx(plain.high, abs=1e-3)
    assert curious.similarity(np.float32([0.0, 0.95])).tolist() == [0, 1]


def test_an_image_is_as_similar_in_a_small_cluster_as_in_the_whole_project() -> None:
    vectors, texts = blobs([400, 300, 20], dim=8), blobs([1, 1, 1], dim=8, spread=0.2)
    text, kind = TextEncoder(lambda _: texts, vectors), Tags("k", [("a",), ("b",), ("c",)])
    whole = cluster_by_tags(vectors, text, Progress(), tags=kind, min_similarity=0.4)
    small = cluster_by_tags(vectors[700:703], text, Progress(), tags=kind, min_similarity=0.4)
    similar = {
        (group.label, image): value
        for group in whole
        for image, value in zip(group.members, group.similarities, strict=True)  # type: ignore[arg-type]
    }
    found = [
        (similar[group.label, image + 700], value)
        for group in small
        for image, value in zip(group.members, group.similarities, strict=True)  # type: ignore[arg-type]
    ]
    assert len(found) == 3
    for one, other in found:
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("copies", [1, 2, 700])
def test_images_that_nothing_tells_apart_are_treated_alike(copies: int, multiple: bool) -> None:
    vectors = np.repeat(blobs([1], dim=300), copies, axis=0)
    text = TextEncoder(lambda texts: blobs([1] * len(texts), dim=300, seed=1))
    one, three = Tags("k", [("a",)]), Tags("k", [("a",), ("b",), ("c",)])
    for kind in (one, three):
        groups = cluster_by_tags(vectors, text, Progress(), tags=kind, multiple=multiple)
        assert {len(np.asarray(group.members)) for group in groups} <= {0, copies}
        similarities = np.concatenate([np.asarray(group.similarities) for group in groups])
        assert similarities.max() == pytest.approx(1, abs=1e-3)


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1))
def test_no_pair_that_is_similar_enough_is_left_out_beforehand(
    low: float, width: float, similarity: float, cosine: float
) -> None:
    scale = Scale(low, low + width)
    if float(scale.similarity(np.float32([cosine]))[0]) >= similarity:
        assert np.float32(cosine) >= scale.least_cosine(similarity)


# ------------------------------------------------------------------------- limits and cancel


def test_nothing_gives_no_group() -> None:
    text = TextEncoder(encode)
    assert cluster_by_tags(np.empty((0, 4), np.float32), text, Progress(), tags=TAGS) == []
    assert cluster_by_tags(np.eye(4, dtype=np.float32), text, Progress(), tags=Tags("k", [])) == []


def test_a_minimum_that_puts_everything_everywhere_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tags, "MAX_TAGGED", 10)
    with pytest.raises(ParameterError, match=r"More than 10 times.*raise min_similarity") as caught:
        by_tags(blobs([9], dim=4), multiple=True, min_similarity=0)
    assert list(caught.value.errors) == ["min_similarity"]
    assert by_tags(blobs([9], dim=4), multiple=False, min_similarity=0)


@pytest.mark.parametrize("multiple", [False, True])
def test_similarities_are_counted_and_cancelled_between_two_blocks(
    multiple: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CancelHalfway(Progress):
        last = (0.0, 0.0)

        def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
            if text == "similarities" and total:
                self.last = (done, total)
                if total == 6000 and done >= 3000:
                    self.cancel()
            super().__call__(done, total, text)

    monkeypatch.setattr(image_text, "MAX_ROWS", 100)
    monkeypatch.setattr(image_text, "MIN_ROWS", 100)
    progress, sample = CancelHalfway(), blobs([100], dim=4)
    with pytest.raises(Cancelled):
        cluster_by_tags(
            blobs([6000], dim=4),
            TextEncoder(encode, sample),
            progress,
            tags=TAGS,
            multiple=multiple,
        )
    assert progress.last == (3000, 6000)
