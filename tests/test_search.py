"""Search: whatever one asks with, the images nearest to it, and one sentence when it cannot be."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torchvision_shim
from fixtures import blobs, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tiny_clip import write_tiny_clip

import panoptic_nb as pn
from panoptic_nb.errors import (
    EncoderError,
    ImageError,
    NoVectorsError,
    ParameterError,
    ProjectError,
    TreeError,
    VectorError,
)

SIZES = (8, 6, 4)
CLIP = "clip-tiny-model"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_images(folder, sum(SIZES))
    return folder


@pytest.fixture(scope="module")
def project(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    torchvision_shim.apply()
    pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("project")
    frame = pd.DataFrame({"path": sorted(map(str, corpus.glob("*.png")))})
    frame = pd.concat([frame, frame.iloc[:1]], ignore_index=True)  # a pile
    frame.index = [f"row {n}" for n in range(len(frame))]
    with pn.open_project(frame, folder / "project") as project:
        project.embed(f"local-dir:{write_tiny_clip(folder / 'tiny model')}")
        vectors = blobs(SIZES)
        project.add_vectors("made", np.concatenate([vectors, vectors[:1]]))
        project.compute_clusters(3)
        yield project


@pytest.fixture
def address(corpus: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None: ...

    (corpus / "no image.png").write_text("hello")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=corpus)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
    (corpus / "no image.png").unlink()


# ---------------------------------------------------------------------- what one asks with


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, sum(SIZES)), min_size=1), st.booleans())
def test_rows_may_be_named_in_every_way(
    project: pn.Project, rows: set[int], include_query: bool
) -> None:
    labels = [f"row {row}" for row in sorted(rows)]
    search = partial(project.search, n=None, include_query=include_query)
    found = search(labels)
    mask = project.df.index.isin(labels)
    for query in (pd.Index(labels), np.array(labels), mask, mask.tolist(), tuple(labels)):
        pd.testing.assert_frame_equal(search(query), found)
    shuffled = pd.Series(mask, project.df.index)[::-1]
    pd.testing.assert_frame_equal(search(shuffled), found)
    if len(labels) == 1:
        pd.testing.assert_frame_equal(search(labels[0]), found)
    once_each = project.df[mask].drop_duplicates("sha1").index
    mean = pd.DataFrame(project.vectors(), project.df.index).loc[once_each].mean()
    everything = search(mean.to_numpy())
    if include_query:
        same = everything.reindex(found.index)
        np.testing.assert_allclose(found["similarity"], same["similarity"], atol=1e-5)
        assert len(found) == len(project.df)
    else:
        sha1 = set(project.df.loc[labels, "sha1"])
        assert set(found.index) == set(project.df.index[~project.df.sha1.isin(sha1)])


def test_a_cluster_is_searched_with_as_its_rows_are(project: pn.Project) -> None:
    node = project.tree.leaves()[0]
    found = project.search(node, n=5)
    pd.testing.assert_frame_equal(found, project.search(node.index, n=5))
    pd.testing.assert_frame_equal(found, project.search(node.path, n=5))
    pd.testing.assert_frame_equal(found, project.search(node.id, n=5, kind="node"))
    pd.testing.assert_frame_equal(found, project.similar(node, count=5))


def test_an_image_from_elsewhere_finds_itself(
    project: pn.Project, corpus: Path, address: str
) -> None:
    path = corpus / "0003.png"
    data = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    local = path.as_uri()
    for query in (path, str(path), local, f"{address}/0003.png", data, Image.open(path)):
        found = project.search(query, vec_type=CLIP, n=3).join(project.df)
        assert found.index[0] == "row 3" and found["sha1"].nunique() == 3
        assert found["similarity"].iloc[0] == pytest.approx(1, abs=1e-5)
        assert found["percentile"].iloc[0] == 100


def test_a_text_finds_what_its_vector_is_near_to(project: pn.Project) -> None:
    found = project.search("a red flag", vec_type=CLIP, n=None)
    encoder = project._sets.encoder_of(project.vector_sets[CLIP])
    text = encoder.encode_texts(["a red flag"])[0]
    cosines = project.vectors(CLIP) @ (text / np.linalg.norm(text))
    assert found.index[0] in project.df.index[np.isclose(cosines, cosines.max(), atol=1e-6)]
    expected = pd.Series(cosines, project.df.index).reindex(found.index)
    np.testing.assert_allclose(found["similarity"], expected, atol=1e-5)
    # It has a vector already: no model is asked again.
    other = project.search("a red flag", vec_type=CLIP, n=None, kind="text")
    pd.testing.assert_frame_equal(found, other)


def test_percentiles_are_among_what_is_searched(project: pn.Project) -> None:
    node = project.tree.leaves()[-1]
    found = project.search(project.vectors()[0], node=node.path, n=None)
    assert set(found.index) == set(node.index)
    everything = project.search(project.vectors()[0], n=None)
    pd.testing.assert_series_equal(
        found["similarity"], everything["similarity"].reindex(found.index)
    )
    one_each = found[~project.df.sha1.reindex(found.index).duplicated()]
    at_most = one_each["similarity"].rank(method="max") / len(one_each) * 100
    np.testing.assert_allclose(one_each["percentile"], at_most, rtol=1e-5)


def test_a_text_that_is_also_a_cluster_is_said(project: pn.Project) -> None:
    path = project.tree.leaves()[0].path
    with pytest.warns(UserWarning, match="searched for as a text.*kind='node'"):
        as_text = project.search(path, vec_type=CLIP)
    pd.testing.assert_frame_equal(as_text, project.search(path, vec_type=CLIP, kind="text"))


# ---------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("query", "arguments", "error", "message"),
    [
        ("row 99", {"kind": "rows"}, ProjectError, "'row 99'"),
        (["row 0", "row 99"], {}, ProjectError, "1 of 2 labels are not in the index"),
        (3, {}, ProjectError, "1 of 1 labels are not in the index"),
        ([], {}, ProjectError, "no row was given"),
        ([True, False], {}, ProjectError, "a value for each of the 19 rows"),
        ([False] * 19, {}, ProjectError, "none of the 19 rows"),
        ("a cat", {}, EncoderError, "No model is known that made the vectors 'made'"),
        ("a.jpg", {}, EncoderError, "No model is known that made the vectors 'made'"),
        ("a.jpg", {"vec_type": CLIP}, ImageError, "'a.jpg' .*: file not found. Give the path"),
        ("  ", {"vec_type": CLIP}, ProjectError, "at least one visible character"),
        (3, {"kind": "text", "vec_type": CLIP}, ProjectError, "Got 3"),
        ("s3://bucket/a.png", {"vec_type": CLIP}, ImageError, "package is missing for s3://"),
        ("nowhere://a/b", {"vec_type": CLIP}, ImageError, "the address cannot be used"),
        ("http://127.0.0.1:9/a", {"vec_type": CLIP}, ImageError, r"not reachable \(.*refused"),
        ("data:nonsense", {"vec_type": CLIP}, ImageError, "not reachable"),
        ([0.0] * 16, {}, VectorError, "16 finite numbers that are not all zero"),
        ([0.5] * 15, {}, VectorError, r"Got the shape \(15,\)"),
        ([np.nan] * 16, {}, VectorError, "16 finite numbers"),
        ("Cluster 77", {"kind": "node"}, TreeError, "no cluster 'Cluster 77'"),
        (["row 0"], {"node": "Cluster 77"}, TreeError, "no cluster 'Cluster 77'"),
        (["row 0"], {"kind": "picture"}, ParameterError, "kind must be one of 'text'"),
        (["row 0"], {"n": 0}, ParameterError, "count must be a whole number"),
        (["row 0"], {"vec_type": "other"}, VectorError, "no vector set 'other'"),
    ],
)
def test_what_cannot_be_searched_with_is_one_sentence(
    project: pn.Project, query: Any, arguments: dict[str, Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        project.search(query, **arguments)


@pytest.mark.parametrize(
    ("file", "reason"), [("gone.png", "not reachable .*404"), ("no%20image.png", "not an image")]
)
def test_an_address_without_an_image_says_why(
    project: pn.Project, address: str, file: str, reason: str
) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        project.search(f"{address}/{file}", vec_type=CLIP)
    assert re.search(reason, caught.value.reason)


def test_a_file_that_never_ends_is_given_up(
    project: pn.Project, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panoptic_nb.download.LARGEST", 50)
    with pytest.raises(ImageError, match="larger than 0 MB"):
        project.search(f"{address}/0001.png", vec_type=CLIP)


def test_vectors_that_know_no_text_say_so(tmp_path: Path) -> None:
    write_images(tmp_path / "images", 3)
    with pn.open_project(tmp_path / "images") as project:
        with pytest.raises(NoVectorsError, match=r"project.embed\(\)"):
            project.search("a cat")
        project.embed(lambda images: [np.asarray(image).mean((0, 1)) for image in images])
        with pytest.raises(EncoderError, match="reads images only"):
            project.search("a cat")
        assert len(project.search(tmp_path / "images" / "0000.png")) == 3
        assert project.searches == (True, False)


# ---------------------------------------------------------------------- in the widget


def test_the_widget_is_told_what_can_be_searched(project: pn.Project) -> None:
    explorer = project.explore()
    assert explorer._info["searches"] == {"image": False, "text": False}
    project.remember(vec_type=CLIP)
    explorer._show_info()
    assert explorer._info["searches"] == {"image": True, "text": True}
    project.remember(vec_type="made")
