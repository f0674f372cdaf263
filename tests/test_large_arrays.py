"""Vectors larger than memory: the same results, from a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from hypothesis import given, settings
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb import large_arrays
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.large_arrays import Arrays
from panoptic_nb.vectors import normalise


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_arrays, "memory", lambda: 1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", 60)
    return tmp_path / "images"


class Texts:
    """An encoder of images and texts, which are points on a circle."""

    name, dim, model_hash, has_text = "circle", 8, "0" * 16, True

    def encode_images(self, images: Any) -> Any:
        pixels = [np.asarray(image.resize((2, 1)), np.float32).ravel() for image in images]
        return np.array([[*one, 1, 1] for one in pixels])

    def encode_texts(self, texts: Any) -> Any:
        randoms = [np.random.default_rng(list(text.encode())) for text in texts]
        return np.array([random.random(8, np.float32) for random in randoms])


def leaves(project: pn.Project) -> list[Any]:
    return [leaf.index.tolist() for leaf in project.tree.leaves()]


def results(project: pn.Project) -> list[Any]:
    """What functions make of all images, of most, and of a part."""
    found: list[Any] = [project.vectors(), project.vectors("mine")]
    for vec_type in ("mine", "circle"):
        project.compute_clusters(nb_clusters=4, vec_type=vec_type)
        found += [
            project.tree.leaves()[0].score,
            leaves(project),
        ]
        project.compute_clusters(2, node="Cluster 0", vec_type=vec_type)
        found.append(leaves(project))
    project.cluster_by_tags("tags", vec_type="circle", min_similarity=0.2)
    found.append(leaves(project))
    part = project.subset(np.arange(len(project.df)) % 4 > 0)
    part.compute_clusters(nb_clusters=3, vec_type="mine")
    found.append(leaves(part))
    return found


def opened(folder: Path, place: Path, vectors: Any) -> pn.Project:
    frame = pd.DataFrame({"path": sorted(map(str, folder.glob("*.png")))})
    frame["tags"] = [["a", "b", "c"][row % 3] for row in range(len(frame))]
    project = pn.open_project(frame, folder=place)
    project.embed(Texts())
    project.add_vectors("mine", vectors)
    return project


def in_file(vectors: Any, path: Path) -> Any:
    np.save(path, vectors)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("kind", ["memory-mapped", "dask"])
def test_a_project_gives_the_same_from_files(
    kind: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = blobs([20, 15, 15, 10])
    vectors[7] = np.nan  # and so not all rows lie together
    with opened(folder, tmp_path / "memory", vectors) as project:
        expected = results(project)
        hashes = {name: one.model_hash for name, one in project.vector_sets.items()}
    monkeypatch.setattr(large_arrays, "memory", lambda: 1000)
    given = in_file(vectors, tmp_path / "vectors.npy")
    if kind == "dask":
        given = dask.array.from_array(np.asarray(given), chunks=(13, 5))
    with opened(folder, tmp_path / "files", given) as project:
        assert {name: one.model_hash for name, one in project.vector_sets.items()} == hashes
        for ours, theirs in zip(results(project), expected, strict=True):
            if isinstance(ours, list):
                assert ours == theirs
            else:
                np.testing.assert_array_equal(ours, theirs)
    with pn.open_project(folder, tmp_path / "files") as project:
        np.testing.assert_array_equal(project.vectors("mine"), expected[1])


@given(seed=st.integers(0, 5), clusters=st.integers(1, 12), lengths=st.integers(3, 40))
@settings(max_examples=10, deadline=None)
def test_k_means_of_a_memory_map_is_that_of_memory(
    seed: int, clusters: int, lengths: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vectors = blobs([3000, 4000, 2500], dim=lengths, spread=1.0, seed=seed)
    mapped = in_file(vectors, tmp_path_factory.getbasetemp() / "vectors.npy")
    np.testing.assert_array_equal(kmeans(mapped, clusters, seed), kmeans(vectors, clusters, seed))


@given(rows=st.sets(st.integers(0, 99)), start=st.integers(0, 60), length=st.integers(1, 30))
def test_rows_of_files_are_rows(rows: set[int], start: int, length: int) -> None:
    vectors = blobs([100], dim=9)
    place = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_arrays, "memory", lambda: 0)
        patch.setattr(large_arrays, "ROWS", 7)
        for wanted in (np.array(sorted(rows), int), np.arange(start, start + length)):
            if len(wanted):
                found = Arrays(place).rows(vectors, wanted)
                np.testing.assert_array_equal(found, vectors[wanted])


@pytest.mark.usefixtures("no_memory")
def test_files_are_gone_with_their_arrays(tmp_path: Path) -> None:
    array = Arrays(tmp_path).new((100, 100))
    array[:] = 3
    assert array.sum() == 30_000
    del array
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_memory")
@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is not asked for beforehand")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(pn.ProjectError, match=r"too many for the memory.* has no room for them"):
        Arrays(tmp_path).new((2**42, 8))


def test_bad_values_are_found_in_any_part_of_a_dask_array() -> None:
    vectors = blobs([9000], dim=4)
    lazy = dask.array.from_array(vectors, chunks=(5000, 3))
    np.testing.assert_array_equal(normalise(lazy), normalise(vectors))
    vectors[8000] = 0
    with pytest.raises(pn.VectorError, match="row 8000 is zero"):
        normalise(dask.array.from_array(vectors, chunks=(5000, 3)))
