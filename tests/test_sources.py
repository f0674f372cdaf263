from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from panoptic_nb.errors import ProjectError
from panoptic_nb.files import path_text
from panoptic_nb.sources import load_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    for name in ("b.png", "a.png", "sub/deep/c.JPG", ".hidden.png", ".cache/d.png", "sub/e.webp"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(path)
    (root / "notes.txt").write_text("not an image")
    return root


def table(folder: Path, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": [7, 8, 9], **columns}, index=["x", "y", "z"])


def test_folder_gives_its_images_sorted_without_hidden_ones(folder: Path) -> None:
    source = load_source(folder)
    names = ["a.png", "b.png", "sub/deep/c.JPG", "sub/e.webp"]
    assert source.paths == [folder / name for name in names]
    assert source.frame["path"].tolist() == [str(folder / name) for name in names]
    assert isinstance(source.frame.index, pd.RangeIndex)
    assert list(source.frame) == ["path"] == [source.path_column]
    assert pd.api.types.is_string_dtype(source.frame["path"])
    assert source.base == folder / ".panoptic_nb"
    assert source.name == "images"


def test_project_folder_inside_the_folder_is_not_scanned(folder: Path) -> None:
    base = load_source(folder).base
    base.mkdir()
    Image.new("RGB", (2, 2)).save(base / "thumbnail.png")
    assert len(load_source(folder).paths) == 4


def test_relative_folder_gives_absolute_paths(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert load_source("images").paths == load_source(folder).paths
    assert load_source("images/../images/").paths == load_source(folder).paths


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_folder_with_names_that_are_not_utf8(folder: Path) -> None:
    odd = os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png")
    Image.new("RGB", (2, 2)).save(odd)
    source = load_source(folder)
    assert Path(odd) in source.paths
    assert source.frame["path"].tolist()[2].endswith("caf\\xe9.png")
    path_text(Path(odd)).encode("utf-8")


def test_dataframe_keeps_index_columns_and_order(folder: Path) -> None:
    frame = table(folder, file=[str(folder / name) for name in ("b.png", "a.png", "gone.png")])
    before = frame.copy()
    source = load_source(frame)
    pd.testing.assert_frame_equal(source.frame, before)
    assert source.path_column == "file"
    assert source.paths == [folder / "b.png", folder / "a.png", folder / "gone.png"]
    source.frame["new"] = 1
    pd.testing.assert_frame_equal(frame, before)


def test_rows_without_a_path_give_none(folder: Path) -> None:
    for nothing in (np.nan, None, pd.NA, "", "  ", 3.5):
        frame = table(folder, file=[str(folder / "a.png"), nothing, folder / "b.png"])
        assert load_source(frame).paths == [folder / "a.png", None, folder / "b.png"]


def test_dataframe_paths_start_from_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    source = load_source(table(folder, img=["a.png", "sub/e.webp", "b.png"]))
    assert source.paths[1] == folder / "sub" / "e.webp"
    assert source.base == folder / "panoptic_project"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_of_any_separator_and_encoding(folder: Path, separator: str, encoding: str) -> None:
    path = folder / "liste.csv"
    frame = pd.DataFrame(
        {"titre": ["Été, hiver; ça", "Noël", "z"], "fichier": ["a.png", "b.png", "sub/e.webp"]}
    )
    frame.to_csv(path, sep=separator, encoding=encoding, index=False)
    source = load_source(path)
    pd.testing.assert_frame_equal(source.frame, frame)
    assert source.path_column == "fichier"
    assert source.paths == [folder / "a.png", folder / "b.png", folder / "sub/e.webp"]
    assert source.base == folder / "liste_panoptic"
    assert source.name == "liste"


def test_csv_with_one_column(folder: Path) -> None:
    (folder / "one.csv").write_text("path\na.png\nb.png\n")
    assert load_source(folder / "one.csv").paths == [folder / "a.png", folder / "b.png"]


def test_csv_with_separator_at_each_line_end_keeps_columns_in_place(folder: Path) -> None:
    (folder / "trailing.csv").write_text("id,path\n1,a.png,\n2,b.png,\n")
    frame = load_source(folder / "trailing.csv").frame
    assert frame["id"].tolist() == [1, 2]


def test_csv_whose_header_leaves_out_the_index(folder: Path) -> None:
    (folder / "from_r.csv").write_text('"n","path"\n"r1",1,"a.png"\n"r2",2,"b.png"\n')
    frame = load_source(folder / "from_r.csv").frame
    assert frame.index.tolist() == ["r1", "r2"]
    assert frame["path"].tolist() == ["a.png", "b.png"]


def test_parquet_keeps_index_and_dtypes(folder: Path) -> None:
    frame = table(folder, file=["a.png", "b.png", None])
    frame["when"] = pd.to_datetime(["2020-01-01", None, "2021-05-05"])
    frame["kind"] = pd.Categorical(["u", "v", "u"])
    frame.to_parquet(folder / "table.parquet")
    source = load_source(folder / "table.parquet")
    pd.testing.assert_frame_equal(source.frame, frame)
    assert source.paths == [folder / "a.png", folder / "b.png", None]
    assert source.base == folder / "table_panoptic"


def test_path_column_is_the_one_with_most_existing_files(folder: Path) -> None:
    frame = table(
        folder,
        old=["lost.png", "gone.png", str(folder / "a.png")],
        text=[str(folder / "notes.txt")] * 3,
        now=[str(folder / name) for name in ("a.png", "b.png", "sub/e.webp")],
    )
    assert load_source(frame).path_column == "now"


def test_columns_of_long_texts_do_not_disturb_the_search(folder: Path) -> None:
    frame = table(folder, text=["x" * 5000 + ".png", "\0.png", "y"], file=str(folder / "a.png"))
    assert load_source(frame).path_column == "file"


def test_equally_good_columns_are_ambiguous_unless_one_is_called_path(folder: Path) -> None:
    a, b = str(folder / "a.png"), str(folder / "b.png")
    frame = table(folder, image=a, mask=b)
    with pytest.raises(ProjectError, match=r"'image', 'mask'.*path_column='image'"):
        load_source(frame)
    assert load_source(frame, "mask").paths[0] == folder / "b.png"
    assert load_source(frame.assign(path=a)).path_column == "path"
    assert load_source(frame.assign(mask=a)).path_column == "image"


@pytest.mark.parametrize("path_column", [None, 0])
def test_columns_need_not_be_called_by_texts(folder: Path, path_column: int | None) -> None:
    frame = pd.DataFrame([[str(folder / "a.png"), 5], [str(folder / "b.png"), 6]])
    source = load_source(frame, path_column)
    assert (source.path_column, source.paths) == (0, [folder / "a.png", folder / "b.png"])
    several = frame.set_axis(pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]), axis=1)
    assert load_source(several).path_column == ("a", 1)


@pytest.mark.parametrize("path_column", [["file"], "f", 3, ("file", 1), np.array(["file"])])
def test_a_column_that_is_not_there_is_refused(folder: Path, path_column: Any) -> None:
    frame = table(folder, file=str(folder / "a.png"))
    with pytest.raises(ProjectError, match=r"no column .*'id', 'file'.*path_column='file'"):
        load_source(frame, path_column)
    with pytest.raises(ProjectError, match=r"no column 'a'"):
        load_source(pd.DataFrame({("a", 1): ["x"], ("a", 2): ["y"]}), "a")


def test_missing_column_names_the_columns_and_the_call_that_repairs(folder: Path) -> None:
    frame = table(folder, file=str(folder / "a.png"))
    with pytest.raises(ProjectError, match=r"'img'.*'id', 'file'.*path_column='file'"):
        load_source(frame, "img")


@pytest.mark.parametrize(
    ("columns", "path_column", "message"),
    [
        ({"title": ["a", "b", "c"]}, None, "No column holds paths.*'id', 'title'"),
        ({"file": ["a.png", "b.png", "c.png"]}, None, "no such file was found.*df.assign"),
        ({"file": ["a.png", "b.png", "c.png"]}, "file", "None of the 3 files.*a.png"),
        ({"file": [None, None, None]}, "file", "holds no path"),
        ({}, "id", "holds no path"),
    ],
)
def test_table_that_leads_to_no_image(
    tmp_path: Path, columns: dict, path_column: str | None, message: str
) -> None:
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / "t.parquet"
    table(tmp_path, **columns).to_parquet(path)
    with pytest.raises(ProjectError, match=message):
        load_source(path, path_column)


def test_repeated_index_labels_are_refused(folder: Path) -> None:
    frame = table(folder, file=str(folder / "a.png"))
    frame.index = ["x", "y", "x"]
    with pytest.raises(ProjectError, match=r"1 repeated labels.*'x'.*reset_index"):
        load_source(frame)
    frame.index = [1, 2, 1]
    with pytest.raises(ProjectError, match=r"the first is 1\)"):
        load_source(frame)


def test_repeated_columns_are_refused(folder: Path) -> None:
    frame = table(folder, file=str(folder / "a.png"))
    with pytest.raises(ProjectError, match=r"Two columns.*'file'"):
        load_source(pd.concat([frame, frame[["file"]]], axis=1))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\n\n", "is empty"),
        ("header.csv", b"path,title\n", "The table is empty"),
        ("broken.parquet", b"PAR1 no", "cannot be read as a table"),
        ("ragged.csv", b'path\n"a', "cannot be read as a table|holds"),
        ("sheet.xlsx", b"", "neither a .csv nor a .parquet"),
    ],
)
def test_unusable_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProjectError, match=message) as caught:
        load_source(tmp_path / name)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no file or folder .*nowhere"):
        load_source(tmp_path / "nowhere")
    with pytest.raises(ProjectError, match="no image in the folder"):
        load_source(tmp_path)
    with pytest.raises(ProjectError, match="The table is empty"):
        load_source(pd.DataFrame({"path": []}))
    for thing, kind in ((["a.png"], "list"), (3, "int"), (None, "NoneType")):
        with pytest.raises(ProjectError, match=f"Got {kind}"):
            load_source(thing)  # type: ignore[arg-type]
    with pytest.raises(ProjectError, match=r"path to open is empty.*open_project\('.'\)"):
        load_source("")
    for impossible in ("a\0b", "x" * 5000, "~no such user/a"):
        with pytest.raises(ProjectError, match="no file or folder"):
            load_source(impossible)


def test_path_column_is_refused_for_a_folder(folder: Path) -> None:
    with pytest.raises(ProjectError, match="is a folder"):
        load_source(folder, "file")
