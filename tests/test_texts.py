"""Vectors of texts: computed once per model and text, and the same whatever was asked before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torchvision_shim
from fixtures import outline, write_images
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tiny_clip import write_tiny_clip

import panoptic_nb as pn
from panoptic_nb.database import Database
from panoptic_nb.embeddings import embed_texts
from panoptic_nb.errors import Cancelled, EncoderError, VectorError
from panoptic_nb.progress import Progress
from panoptic_nb.store import MIGRATIONS, MediaStore
from panoptic_nb.stored_vectors import VectorSet
from panoptic_nb.vectors import normalise


class Letters:
    """A cheap model of images and texts that counts the texts it reads."""

    name, dim, has_text, spec, model_hash = "letters", 26, True, "", "0123456789abcdef"

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        colours = [np.asarray(image, np.float32).reshape(-1) for image in images]
        return np.array([colour[: self.dim] + 1 for colour in colours])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.read += texts
        # As with a real model, what stands in the same batch changes the last digits.
        return np.array([vector_of(text) for text in texts]) * (1 + 1e-4 * len(texts))


def vector_of(text: str) -> np.ndarray:
    return np.bincount([ord(letter) % 26 for letter in text], minlength=26).astype(np.float32)


def sets_in(folder: Path) -> tuple[MediaStore, VectorSet]:
    store = MediaStore(folder / "media.sqlite")
    vector_set = VectorSet(Letters.name, Letters.dim, "", Letters.model_hash, "2026-01-01")
    store.create_vector_set(vector_set)
    return store, vector_set


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[tuple[MediaStore, VectorSet]]:
    store, vector_set = sets_in(tmp_path)
    yield store, vector_set
    store.close()


TEXTS = st.lists(st.text(min_size=1, max_size=4), max_size=8)


@settings(max_examples=50)
@given(runs=st.lists(TEXTS, min_size=1, max_size=4))
def test_texts_are_read_once_and_keep_their_vectors_in_any_order(
    runs: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store, vector_set = sets_in(tmp_path_factory.mktemp("texts"))
    encoder, fresh = Letters(), Letters()
    for texts in runs:
        vectors = embed_texts(store, vector_set, texts, lambda: encoder)
        alone = [normalise(fresh.encode_texts([text]))[0] for text in texts]
        assert vectors.shape == (len(texts), 26) and vectors.dtype == np.float32
        assert vectors.tolist() == [vector.tolist() for vector in alone]
    assert len(encoder.read) == len(set(encoder.read)) == len({t for texts in runs for t in texts})
    store.close()


def test_no_model_is_loaded_for_texts_that_are_known(letters: Any) -> None:
    store, vector_set = letters
    before = embed_texts(store, vector_set, ["cat", "dog"], Letters)

    def load() -> Letters:
        raise AssertionError

    store.close()
    again = MediaStore(store.path)
    after = embed_texts(again, vector_set, ["dog", "cat", "dog"], load)
    assert after.tolist() == before[[1, 0, 1]].tolist()
    assert embed_texts(again, vector_set, [], load).shape == (0, 26)
    again.close()


def test_a_model_that_did_not_make_the_set_is_refused(letters: Any) -> None:
    store, vector_set = letters
    other = Letters()
    other.model_hash = "f" * 16
    with pytest.raises(VectorError, match=r"another model of the same name.*delete_vectors"):
        embed_texts(store, vector_set, ["cat"], lambda: other)
    assert other.read == []


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (np.zeros((1, 26)), "no usable vector for the text 'cat'"),
        (np.full((1, 26), np.nan), "no usable vector for the text 'cat'"),
        (np.ones((1, 3)), r"shape \(1, 3\) for one text; expected \(1, 26\)"),
        ("?", r"shape \(\) for one text"),
        (RuntimeError("out of\nmemory"), "failed on the text 'cat': RuntimeError: out of"),
    ],
)
def test_a_text_without_vector_is_one_sentence(letters: Any, result: Any, says: str) -> None:
    class Broken(Letters):
        def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
            if isinstance(result, Exception):
                raise result
            return result  # type: ignore[no-any-return]

    store, vector_set = letters
    with pytest.raises(EncoderError, match=says) as caught:
        embed_texts(store, vector_set, ["cat"], Broken)
    assert "\n" not in str(caught.value)
    assert store.texts.vectors("letters", ["cat"]) == {}


def test_names_that_hold_no_text_are_read_as_far_as_they_can_be(letters: Any) -> None:
    store, vector_set = letters
    texts = ["caf\udce9", "\x00 nul", "é"]
    encoder = Letters()
    for _ in range(2):
        assert np.isfinite(embed_texts(store, vector_set, texts, lambda: encoder)).all()
    assert encoder.read == ["caf?", "\x00 nul", "é"]


def test_a_cancel_keeps_the_texts_that_were_read(letters: Any) -> None:
    store, vector_set = letters
    seen = []

    class CancelAtThree(Progress):
        def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
            seen.append((done, total, text))
            if text == "texts" and done == 3:
                self.cancel()
            super().__call__(done, total, text)

    encoder, texts = Letters(), list("abcde")
    with pytest.raises(Cancelled):
        embed_texts(store, vector_set, texts, lambda: encoder, CancelAtThree())
    assert seen == [(0, 5, "loading the model"), *((done, 5, "texts") for done in range(4))]
    embed_texts(store, vector_set, texts, lambda: encoder)
    assert encoder.read == texts


def test_a_file_of_before_texts_were_kept_is_completed(tmp_path: Path) -> None:
    Database(tmp_path / "media.sqlite", MIGRATIONS[:1]).close()
    store, vector_set = sets_in(tmp_path)
    assert embed_texts(store, vector_set, ["cat"], Letters).shape == (1, 26)
    store.close()


# --------------------------------------------------------------------------- in a project


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    paths = write_images(tmp_path / "images", 24)
    kinds = ["animal/bird", "animal/fish", "plant", "plant/tree", None, "sky"]
    return pd.DataFrame({"path": map(str, paths), "kind": pd.Categorical(kinds * 4)})


def forget(project: pn.Project, texts: Sequence[str]) -> None:
    """Take texts out of the cache."""
    with sqlite3.connect(project.folder / "media.sqlite") as connection:
        connection.executemany("DELETE FROM texts WHERE text = ?", [(text,) for text in texts])
    connection.close()


@pytest.mark.parametrize("multiple", [False, True])
def test_a_real_model_gives_the_same_groups_whichever_texts_are_known(
    frame: pd.DataFrame, tmp_path: Path, multiple: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torchvision_shim.apply()
    pytest.importorskip("open_clip")
    params: dict[str, Any] = {"multiple": multiple, "min_similarity": 0.3}
    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        project.embed(f"local-dir:{write_tiny_clip(tmp_path / 'model')}")
        groups = outline(project.cluster_by_tags("kind", **params))
        for known in (["sky"], ["animal", "tree"], ["plant", "bird", "fish", "sky"]):
            forget(project, ["animal", "bird", "fish", "plant", "tree", "sky"])
            project.df["part"] = pd.Categorical((known * 24)[:24])
            project.cluster_by_tags("part", **params)
            assert outline(project.cluster_by_tags("kind", **params)) == groups
    with pn.open_project(frame[::-1], tmp_path / "project", path_column="path") as again:
        monkeypatch.setattr("panoptic_nb.embeddings.resolve_encoder", None)  # no model is loaded
        in_other_order = outline(again.cluster_by_tags("kind", **params))

    def by_label(node: list[Any]) -> dict[str, Any]:
        return {child[0]: (child[2], sorted(child[3])) for child in node[4]}

    assert by_label(in_other_order) == by_label(groups)


def test_a_model_of_the_users_own_is_needed_only_for_new_texts(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    encoder = Letters()
    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        project.embed(encoder)
        groups = outline(project.cluster_by_tags("kind", min_similarity=0.1))
        assert sorted(encoder.read) == ["animal", "bird", "fish", "plant", "sky", "tree"]
    with pn.open_project(frame, tmp_path / "project", path_column="path") as again:
        assert outline(again.cluster_by_tags("kind", min_similarity=0.1)) == groups
        with pytest.raises(EncoderError, match=r"No model is known.*'letters'.*project\.embed\(\)"):
            again.cluster_by_tags("kind", min_similarity=0.1, prefix="a ")
        again.embed(encoder)
        again.cluster_by_tags("kind", min_similarity=0.1, prefix="a ")
        again.delete_vectors("letters")
        again.embed(encoder)
        before = len(encoder.read)
        again.cluster_by_tags("kind", min_similarity=0.1)
        assert len(encoder.read) == before + 6, "texts outlived their set"


def test_vectors_of_a_model_without_texts_are_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    class Blind(Letters):
        has_text = False

    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        project.embed(Blind())
        with pytest.raises(EncoderError, match=r"'letters' reads images only.*as vec_type"):
            project.cluster_by_tags("kind")
        project.add_vectors("mine", np.eye(24))
        with pytest.raises(EncoderError, match=r"No model is known that made the vectors 'mine'"):
            project.cluster_by_tags("kind", vec_type="mine")
