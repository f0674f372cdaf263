from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from hypothesis import strategies as st
from tagged import same_frame

import panoptic_nb as pn
from panoptic_nb import tag_cells
from panoptic_nb.collection import Collection
from panoptic_nb.columns import to_column
from panoptic_nb.errors import ProjectError
from panoptic_nb.interop import panoptic_cells, thesaurus
from panoptic_nb.interop.panoptic_csv import panoptic_paths, read_panoptic_csv, to_csv
from panoptic_nb.interop.panoptic_names import label_to_name, name_to_label, names_of
from panoptic_nb.interop.panoptic_rows import match_paths
from panoptic_nb.tagset import TagSet
from panoptic_nb.tree import ScoredGroup, Tree

#: What a label may hold, and what is awkward for one of the formats on the way.
LETTERS = "ab2CF,;%>\"'[]()\\|é\u202eم🐶 .\u00a0"
LABELS = (
    st.one_of(
        st.text(LETTERS, min_size=1),
        st.sampled_from(["a", "a > a", "a >> a", "> a", "%2C", "%252C", "1%2F2", "%E9", "path"]),
    )
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: any(c.isalnum() or c in ',;%>"[' for c in text))
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Return trees up to depth 12, whose clusters overlap or not."""
    n = draw(st.integers(2, 12))
    tree = Tree.of(Collection([f"{i:02}" for i in range(n)], pd.RangeIndex(n)))
    node, overlap = 0, draw(st.booleans())
    for _ in range(draw(st.integers(1, 12))):
        left = tree.members(node).tolist()
        groups = []
        for _ in range(draw(st.integers(1, 3))):
            if left:
                members = draw(st.lists(st.sampled_from(left), min_size=1, unique=True))
                groups.append(ScoredGroup(np.array(members), draw(LABELS)))
                left = left if overlap else [m for m in left if m not in members]
        tree = tree.with_groups(node, groups)
        below = [child.id for child in tree.node(node).children if child.kind == "group"]
        node = draw(st.sampled_from(below))
    return tree


def through_panoptic(column: pd.Series, kind: str = "multi_tags") -> tuple[pd.Series, TagSet]:
    """Return a column that was written to the two files and read again, and its tags."""
    tags = TagSet.of(tag_cells.names(column))
    names = thesaurus.names_in_panoptic(tags)
    cells = panoptic_cells.cells_of_tags(column, kind, names)
    with tempfile.TemporaryDirectory() as folder:
        data, words = Path(folder) / "data.csv", Path(folder) / "tags.csv"
        data.write_bytes(to_csv([str(i) for i in range(len(column))], {"C": (kind, cells)}))
        words.write_bytes(thesaurus.to_csv(tags, names))
        read = read_panoptic_csv(data)
        return panoptic_cells.tag_column(
            read.properties[0].cells, kind, thesaurus.read_thesaurus(words)
        )


@given(trees())
def test_a_clustering_comes_back_from_csv_and_thesaurus(tree: Tree) -> None:
    column = to_column(tree, tree.root, tree.images, leaves_only=False)  # type: ignore[arg-type]
    back, tags = through_panoptic(column)
    pd.testing.assert_series_equal(back, column)
    assert list(tags) == list(TagSet.of(tag_cells.names(column)))


@given(st.lists(st.lists(LABELS, min_size=1, max_size=4).map(tuple), min_size=1))
def test_names_are_unique_and_hold_nothing_that_separates(paths: list[tuple[str, ...]]) -> None:
    names = names_of(paths)
    assert len(set(names.values())) == len(names)
    assert not any(set(name) & set(",;\n\r") or name != name.strip() for name in names.values())


@given(st.text(LETTERS + "\n\t", min_size=1))
def test_a_label_comes_back_from_its_name(label: str) -> None:
    assert name_to_label(label_to_name(label)) == label


@given(st.text(LETTERS.replace(",", "").replace(";", "").replace("%", "") + "/", min_size=1))
def test_a_name_of_panoptic_comes_back_from_its_label(name: str) -> None:
    assert "/" not in name_to_label(name)
    assert label_to_name(name_to_label(name)) == name


def test_a_label_that_is_unique_is_the_name() -> None:
    paths = [("A", "x"), ("B", "x"), ("B", "B"), ("A", "y"), ("x",)]
    named = {"/".join(path): name for path, name in names_of(paths).items()}
    expected = {"A": "A", "B": "B", "A/x": "A > x", "B/x": "B > x", "B/B": "B > B"}
    assert named == expected | {"A/y": "y", "x": "x"}


def test_a_thesaurus_is_read_as_panoptic_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    file.write_text('\ufeffa;3;\n"b";99;a, unknown\nc;;b,a\n\nd;x\nb;1;d\n', encoding="utf-8")
    tags, paths = thesaurus.to_tags(thesaurus.read_thesaurus(file), ["e"])
    assert paths == {"a": "a", "b": "d/b", "c": "d/b/c", "d": "d", "e": "e"}
    assert tags.parents("c") == ["d/b", "a"] and tags.parents("b") == ["d"]
    assert tags.frame()["colour"].tolist() == [3, 11, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a;1;c\nb;2;a\nc;3;b\n", "stands below itself: "),
        (b"a;1;;b\n", "has 4 cells in the row of 'a'"),
        (b"caf\xe9;1;\n", "is not UTF-8"),
    ],
)
def test_a_bad_thesaurus_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "tags.csv").write_bytes(text)
    with pytest.raises(ProjectError, match=message):
        thesaurus.read_thesaurus(tmp_path / "tags.csv")


def test_lines_match_paths_by_whole_parts() -> None:
    here = ["/x/a/1.png", "/x/b/1.png", "/x/b/2.png", "/x/b/2.png", "/x/c/2.png"]
    given_paths = ["a/1.png", "1.png", "b\\2.png", "b/2.png", "b/2.png", "/x/c/2.png", "x.png", ""]
    found = match_paths(given_paths, here, ["p", "q", "r", "r", "r"])
    assert found.rows == [[0], [], [2], [3], [], [4], [], []]
    assert found.ambiguous == ["1.png"] and found.unknown == ["b/2.png", "x.png", ""]
    assert match_paths(["2.png"], here, ["p", "q", "r", "r", "r"]).rows == [[2, 3, 4]]


def test_relative_paths_begin_with_the_folder_of_all() -> None:
    paths = [Path("/x/photos/a/1.png"), Path("/x/photos/2.png")]
    assert panoptic_paths(paths, relative=True) == ["photos/a/1.png", "photos/2.png"]
    assert panoptic_paths(paths, relative=False) == ["/x/photos/a/1.png", "/x/photos/2.png"]


@pytest.fixture
def project(tmp_path: Path) -> pn.Project:
    paths = write_images(tmp_path / "photos", 30)
    project = pn.open_project(tmp_path / "photos", tmp_path / "project")
    project.add_vectors("blobs", blobs([10, 20])[: len(paths)])
    project.compute_clusters(2)
    project.compute_clusters(2, node="Cluster 0")
    project.save_clustering()
    project.df["a[b];c"] = [0.1 * i for i in range(30)]
    project.df["kind"] = pd.Categorical(["x/y, z" if i % 2 else "x" for i in range(30)])
    project.df["seen"] = [i % 2 == 0 for i in range(30)]
    project.df["vector"] = list(np.zeros((30, 2)))
    return project


def test_a_project_goes_to_panoptics_files_and_back(project: pn.Project, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"no type for the values of \['vector'\]"):
        data, *tags = project.export_panoptic(tmp_path)
    assert [file.name for file in tags] == [
        "panoptic_Clustering_tags.csv",
        "panoptic_kind_tags.csv",
    ]
    with data.open(encoding="utf-8", newline="") as text:
        header, first, *_ = csv.reader(text, delimiter=";")
    kinds = ["Clustering[multi_tags]", "a(b);c[number]", "kind[tag]", "seen[checkbox]"]
    assert header == ["path", *kinds]
    assert first[0] == str(project.paths[0]) and first[2:] == ["0.0", "x", "true"]
    files = {"Clustering": tags[0], "kind": tags[1]}
    names = project.import_panoptic(data, files)
    assert names == ["Clustering 2", "a(b);c", "kind 2", "seen 2"]
    for name, back in zip(["Clustering", "a[b];c", "kind", "seen"], names, strict=True):
        assert project.df[back].tolist() == pytest.approx(project.df[name].tolist())
    assert project.properties["Clustering 2"] == "multi_tags"
    assert list(project.tags("kind 2")) == ["x", "x/y, z"]


def test_what_was_imported_is_there_at_the_next_opening(
    project: pn.Project, tmp_path: Path
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("local_path;K[multi_tags];K[tag]\nphotos/0003.png;b,c;q\n", encoding="utf-8")
    (tmp_path / "tags.csv").write_text("b;7;t,u\nc;8;\nt;1;\nu;2;\n", encoding="utf-8")
    assert project.import_panoptic(data, {"K": tmp_path / "tags.csv"}) == ["K", "K 2"]
    again = pn.open_project(tmp_path / "photos", tmp_path / "project")
    assert list(again.df["K"].iloc[3]) == ["t/b", "c"] and again.df["K"].notna().sum() == 1
    assert again.tags("K").parents("b") == ["t", "u"]
    assert again.tags("K").frame()["colour"].to_dict()["t/b"] == 7


def test_replace_takes_the_place_of_a_column(project: pn.Project, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("path;Clustering[multi_tags];sha1[text]\n0003.png;b;x\n", encoding="utf-8")
    sha1 = project.df["sha1"].copy()
    assert project.import_panoptic(data, replace=True) == ["Clustering", "sha1 2"]
    assert project.df["Clustering"].dropna().tolist() == ["b"] and project.clusterings == []
    assert project.df["sha1"].equals(sha1)


def test_an_import_is_one_step_that_is_undone(project: pn.Project, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("path;Clustering[multi_tags];n[number]\n0003.png;b;7\n", encoding="utf-8")
    before, record = project.df.copy(), project.record()
    project.import_panoptic(data, replace=True)
    after = project.df.copy()
    assert str(project.history.steps[-1]).endswith("import_panoptic: Clustering, n")
    project.undo()
    same_frame(project.df, before)
    assert project.record() == record and project.clusterings == ["Clustering"]
    project.redo()
    same_frame(project.df, after)
    assert project.clusterings == [] and list(project.tags("Clustering")) == ["b"]
    project.df["n"] = 0
    with pytest.warns(UserWarning, match=r"The columns \['n'\] were changed in pandas meanwhile"):
        project.undo()
    assert project.df["n"].tolist() == [0] * len(before)
    assert project.record() == record


@pytest.mark.parametrize(
    ("text", "files", "message"),
    [
        ("path;K\n0.png;x\n", {}, "has no type that Panoptic knows"),
        ("path,K[tag]\n0.png,x\n", {}, "separated by semicolons, it is one of"),
        ("", {}, "is no CSV of Panoptic"),
        ("path;K[tag]\n0.png;x;y\n", {}, "is no CSV of Panoptic"),
        ("path;K[tag]\nnowhere.png;x\n", {}, "None of the 1 lines"),
        ("id;K[tag]\n4711;x\n", {}, "those of Panoptic are its own"),
        ("path;K[text]\n0003.png;x\n", {"K": "t"}, "no column of tags of that name"),
        ("path;K[tag]\n0003.png;x\n", {"K": "t"}, "cannot be read: No such file"),
    ],
)
def test_a_bad_csv_changes_nothing(
    project: pn.Project, tmp_path: Path, text: str, files: dict[str, str], message: str
) -> None:
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    before = project.df.copy()
    with pytest.raises(ProjectError, match=message):
        project.import_panoptic(tmp_path / "data.csv", files)
    assert project.df.columns.equals(before.columns)


def test_lines_that_fit_nothing_are_told(project: pn.Project, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("path;K[tag]\n0003.png;x\nno.png;y\n", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"1 of 2 lines .* fit no image of this project: 'no.png'"):
        project.import_panoptic(tmp_path / "data.csv")


def test_only_columns_that_are_there_are_exported(project: pn.Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no column 'path'"):
        project.export_panoptic(tmp_path / "out", ["path"])
    assert not list(tmp_path.glob("out*"))
    assert [f.name for f in project.export_panoptic(tmp_path / "out", ["seen"])] == ["out_data.csv"]


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**53), 2**53))
def test_panoptic_can_read_every_number(value: float) -> None:
    (cell,) = panoptic_cells.cells(pd.Series([value], dtype=object), "number")
    assert (float(cell) if "." in cell else int(cell)) == value if cell else not np.isfinite(value)
