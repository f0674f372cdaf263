"""Tables, folders, labels and the accessor."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.ipc
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from test_panoptic_exchange import trees

import panoptic_nb as pn
from panoptic_nb.columns import to_column
from panoptic_nb.errors import ProjectError
from panoptic_nb.interop.safe_names import safe_names
from panoptic_nb.interop.tables import export_table, read_record
from panoptic_nb.labels import labels_of
from panoptic_nb.tree import Tree


@pytest.fixture
def project(tmp_path: Path) -> pn.Project:
    paths = write_images(tmp_path / "photos", 12)
    (tmp_path / "photos" / "deep").mkdir()
    (tmp_path / "photos" / "deep" / "0000.png").write_bytes(paths[1].read_bytes())
    project = pn.open_project(tmp_path / "photos", tmp_path / "project")
    vectors = blobs([6, 6])
    project.add_vectors("blobs", np.vstack([vectors, vectors[1:2]]))
    project.compute_clusters(2)
    project.rename("Cluster 0", 'con? <b>; "x", é')
    project.compute_clusters(2, node="Cluster 1")
    project.save_clustering()
    return project


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather"])
def test_a_table_takes_its_record_along(project: pn.Project, tmp_path: Path, ending: str) -> None:
    file = project.export(tmp_path / f"out.{ending}")
    back = pd.read_parquet(file) if ending == "parquet" else pd.read_feather(file)
    pd.testing.assert_frame_equal(back, project.df)
    beside = json.loads((tmp_path / "out.record.json").read_text(encoding="utf-8"))
    assert beside == read_record(file)
    assert beside["clusterings"]["Clustering"] == json.loads(
        json.dumps(project.record("Clustering"))
    )


def test_an_exported_table_opens_as_a_project(project: pn.Project, tmp_path: Path) -> None:
    again = pn.open_project(project.export(tmp_path / "out.parquet"))
    assert again.df["Clustering"].equals(project.df["Clustering"])


def test_csv_keeps_the_index_and_writes_lists_as_json(tmp_path: Path) -> None:
    frame = pd.DataFrame({"é": [["a", 'b"'], None]}, index=pd.Index([5, 6], name="key"))
    file = export_table(frame, tmp_path / "out.csv", {})
    assert file.read_text(encoding="utf-8") == '\ufeffkey,é\n5,"[""a"", ""b\\""""]"\n6,\n'


@given(trees())
def test_any_clustering_is_the_same_after_parquet(tree: Tree) -> None:
    column = to_column(tree, tree.root, tree.images, leaves_only=False)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        file = export_table(pd.DataFrame({"C": column}), Path(folder) / "out.parquet", {})
        back = pd.read_parquet(file)["C"]
    if isinstance(column.dtype, pd.CategoricalDtype):
        pd.testing.assert_series_equal(back, column, check_names=False)
    else:
        lists = [None if value is None else list(value) for value in back]
        assert lists == [None if value is pd.NA else list(value) for value in column]


def test_a_table_that_cannot_be_written_leaves_nothing(project: pn.Project, tmp_path: Path) -> None:
    project.df["odd"] = [object() for _ in range(len(project.df))]
    for path, message in (
        ("out.parquet", "no .parquet file can hold"),
        ("out.xlsx", "it can be one of .parquet, .csv"),
        ("none/out.csv", "There is no folder"),
        ("photos", "ends with ''"),
    ):
        with pytest.raises(ProjectError, match=message):
            project.export(tmp_path / path)
    assert not list(tmp_path.glob("*out*"))


def test_a_file_without_a_record_says_so(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ProjectError, match="has no record of panoptic_nb"):
        read_record(tmp_path / "other.parquet")


@pytest.mark.parametrize("how", ["copy", "link"])
def test_imagefolder_has_a_folder_for_each_lowest_cluster(
    project: pn.Project, tmp_path: Path, how: str
) -> None:
    place = project.export_imagefolder(tmp_path / "folder", how=how)  # type: ignore[arg-type]
    with (place / "metadata.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == len(project.df)
    by_source = {row["source"]: row for row in rows}
    for path, label in zip(project.paths, project.df["Clustering"], strict=True):
        row = by_source[str(path)]
        assert row["label"] == label
        assert (place / row["file_name"]).read_bytes() == path.read_bytes()
    folders = {path.name for path in place.iterdir()} - {"metadata.csv"}
    assert folders == {"con_ _b_; _x_, é", "Cluster 1.0", "Cluster 1.1"}
    with pytest.raises(ProjectError, match="There is already"):
        project.export_imagefolder(tmp_path / "folder")


def test_imagefolder_shows_what_is_in_none_and_in_several(tmp_path: Path) -> None:
    write_images(tmp_path / "photos", 3)
    project = pn.open_project(tmp_path / "photos", tmp_path / "project")

    @pn.clustering_function
    def test_twice(images: pn.Images) -> list[pn.Group]:
        return [pn.Group([0, 1], "a"), pn.Group([0], "A")]

    project.run("test_twice")
    project.save_clustering()
    place = project.export_imagefolder(tmp_path / "folder")
    files = {str(f.relative_to(place).parent) for f in place.rglob("*.png")}
    assert files == {"a", "A (2)", "_unassigned"}
    assert len(list(place.rglob("*.png"))) == 4


def test_imagefolder_that_fails_leaves_nothing(project: pn.Project, tmp_path: Path) -> None:
    project.paths[5].unlink()
    with pytest.raises(ProjectError, match=r"No such file or directory, .*Nothing was left"):
        project.export_imagefolder(tmp_path / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "project"]


@given(trees())
def test_safe_names_are_different_everywhere(tree: Tree) -> None:
    names = safe_names(node.label for node in tree.walk())
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(set(name) & set('<>:"/\\|?*') or name != name.strip(" ") for name in names)


def test_labels_are_those_of_scikit_learn(project: pn.Project) -> None:
    project.df.loc[3, "Clustering"] = pd.NA
    labels, names = project.labels("Clustering")
    assert labels.dtype == np.int64 and labels[3] == -1
    back = [names[label] if label >= 0 else None for label in labels]
    assert back == [None if pd.isna(v) else v for v in project.df["Clustering"]]
    below, names = project.labels(project.tree.node("Cluster 1"))
    assert names == ["Cluster 1.0", "Cluster 1.1"]
    assert (below >= 0).sum() == len(project.tree.node("Cluster 1").rows)
    assert len(project.labels()[1]) == 3


def test_overlapping_clusters_have_no_labels() -> None:
    with pytest.raises(ProjectError, match="several clusters a row"):
        labels_of(pd.Series([["a", "b"]]), "The column 'C'")


def test_a_data_frame_reads_its_clusterings(project: pn.Project, tmp_path: Path) -> None:
    frame = pd.read_csv(project.export(tmp_path / "out.csv"))
    assert frame.panoptic.levels("Clustering").columns.tolist() == ["Clustering 1", "Clustering 2"]
    labels, names = frame.panoptic.labels("Clustering")
    assert [names[label] for label in labels] == project.df["Clustering"].tolist()
    assert (
        frame.panoptic.open(tmp_path / "again").df["Clustering"].tolist()
        == frame["Clustering"].tolist()
    )
    with pytest.raises(ProjectError, match="There is no column 'x'"):
        frame.panoptic.levels("x")


def test_the_accessor_needs_no_project() -> None:
    code = (
        "import pandas, panoptic_nb.accessor\n"
        "print(pandas.DataFrame({'C': ['a/b']}).panoptic.levels('C').iloc[0].tolist())"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.strip() == "['a', 'a/b']"


def test_an_arrow_file_is_one_of_arrow(project: pn.Project, tmp_path: Path) -> None:
    with pyarrow.ipc.open_file(project.export(tmp_path / "out.arrow")) as file:
        assert file.read_all().num_rows == len(project.df)
