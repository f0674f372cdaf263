"""Pages of HTML and contact sheets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import panoptic_nb as pn
from panoptic_nb.errors import ProjectError
from panoptic_nb.interop.html import score_level
from panoptic_nb.interop.outline import Cluster, of_column, of_node
from panoptic_nb.interop.page_size import find_room, spread

ODD = '<script>alert(1)</script> & "it\'s" مرحبا 🐶'.replace("/", "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pn.Project:
    folder = tmp_path_factory.mktemp("pages")
    paths = write_images(folder / "photos", 60)
    (folder / "photos" / "copy.png").write_bytes(paths[0].read_bytes())
    project = pn.open_project(folder / "photos", folder / "project")
    vectors = blobs([10, 20, 31])
    vectors[5] = np.nan
    vectors[60] = vectors[0]
    project.add_vectors("blobs", vectors)
    project.compute_clusters(2)
    project.compute_clusters(2, node="Cluster 1")
    project.rename("Cluster 0", ODD)
    project.save_clustering()
    return project


class Page(HTMLParser):
    """What a reader of a page sees: rows of its tree, and images."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[str] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "summary":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.tags[-1][0] in ("bdi", "b", "span"):
            self.rows[-1] += f"{data}|"

    @property
    def images(self) -> list[str]:
        return [str(a["src"]) for tag, a in self.tags if tag == "img" and a.get("src")]


def test_a_page_shows_every_image_once_and_every_name_as_text(
    project: pn.Project, tmp_path: Path
) -> None:
    page = Page(project.to_html(tmp_path / "page.html"))
    assert len(page.images) == len(project.images)
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.images)
    assert any(ODD in row for row in page.rows)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert page.rows[0].startswith("All|61 images · 2 clusters · compute_clusters(nb_clusters=2)")
    assert any(row.startswith("Without vector") for row in page.rows)
    assert re.search(r"[●◆▲] \d+\|", page.rows[1])
    # The first image is there twice in the table.
    assert len(page.rows) == len(list(project.tree.walk()))
    assert "\u00d72</i>" in page.text


def test_a_page_asks_for_nothing_from_elsewhere(project: pn.Project, tmp_path: Path) -> None:
    page = Page(project.to_html(tmp_path / "page.html"))
    assert not [a for _, a in page.tags if a.get("href") or "http" in str(a.get("src"))]
    assert "default-src 'none'" in page.text and "url(" not in page.text


def test_a_saved_clustering_gives_the_page_of_its_tree(project: pn.Project, tmp_path: Path) -> None:
    now = Page(project.to_html(tmp_path / "now.html"))
    then = Page(project.to_html(tmp_path / "then.html", "Clustering"))
    # What has no vector was saved as what it is, in no cluster.
    assert [row.split("|")[0].replace("Without vector", "Unassigned") for row in now.rows] == [
        row.split("|")[0] for row in then.rows
    ]
    assert sorted(now.images) == sorted(then.images)


def test_a_page_stays_within_its_limit_and_says_what_is_left_out(
    project: pn.Project, tmp_path: Path
) -> None:
    whole = project.to_html(tmp_path / "page.html").stat().st_size / 1e6
    file = project.to_html(tmp_path / "small.html", max_mb=whole / 2, lang="fr")
    page = Page(file)
    assert file.stat().st_size <= whole / 2 * 1e6
    shown = len(page.images)
    assert 0 < shown < len(project.images)
    assert f"{len(project.images) - shown} images ne sont pas dans cette page" in page.text
    assert 'lang="fr"' in page.text and "Toutes|61 images" in page.rows[0]


def test_a_page_that_is_too_small_for_its_clusters_is_refused(
    project: pn.Project, tmp_path: Path
) -> None:
    for given_size, message in (
        ({"max_mb": 0.01}, "one image of each of the 4 lowest clusters takes about"),
        ({"max_mb": True}, "max_mb is a number from 0.01 up. Got True"),
        ({"thumb_size": "x"}, "thumb_size is a number"),
        ({"lang": "de"}, "lang is one of en, fr. Got 'de'"),
        ({"column": "x"}, "There is no saved clustering 'x'"),
    ):
        with pytest.raises(ProjectError, match=message):
            project.to_html(tmp_path / "page.html", **given_size)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=20),
    st.floats(1, 1e6),
    st.lists(st.floats(1, 100), min_size=2, max_size=2).map(sorted),
)
def test_what_fits_is_as_much_as_fits(counts: list[int], limit: float, each: list[float]) -> None:
    image_bytes = {128: each[0], 256: each[1]}
    room = find_room(counts, [256, 128], image_bytes.__getitem__, limit)

    def size(per_leaf: int | None, thumbnail: int) -> float:
        return sum(min(n, per_leaf or n) for n in counts) * image_bytes[thumbnail]

    if room is None:
        assert len(counts) * each[0] > limit
        return
    assert size(room.per_leaf, room.size) <= limit
    if room.per_leaf is not None:
        assert size(room.per_leaf + 1, 128) > limit
    if room.size == 128:
        assert size(None, 256) > limit


@given(st.integers(1, 50), st.integers(1, 60))
def test_some_of_many_are_spread_over_all(n: int, wanted: int) -> None:
    chosen = spread(n, wanted).tolist()
    assert chosen == sorted(set(chosen)) and len(chosen) == min(n, wanted)
    assert set(chosen) <= set(range(n))


def test_the_bounds_of_the_badge_are_those_of_the_widget() -> None:
    levels = [score_level(score) for score in (20.4, 20.5, 55.4, 55.5, 0.0)]
    assert levels == [
        ("coherent", 20),
        ("mixed", 21),
        ("mixed", 55),
        ("scattered", 56),
        ("coherent", 0),
    ]


def members(cluster: Cluster) -> list[object]:
    return [cluster.label, cluster.score, cluster.members.tolist(), *map(members, cluster.children)]


def test_clusters_of_a_column_are_those_that_were_saved(project: pn.Project) -> None:
    saved = of_column(project.df["Clustering"], project.images, project.record("Clustering"))
    tree = of_node(project.tree.root)
    groups = [members(c) for c in saved.children if c.kind == "group"]
    assert groups[1] == members(tree.children[1])
    # Renamed before it was saved, so that only its name is another.
    assert groups[0] == members(tree.children[0])


def test_a_sheet_shows_the_images_of_a_cluster(project: pn.Project, tmp_path: Path) -> None:
    file = project.contact_sheet("Cluster 1", tmp_path / "sheet.png", columns=5, cell=40)
    n = len(project.tree.node("Cluster 1").members)
    with Image.open(file) as sheet:
        assert sheet.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert sheet.width == 5 * 42 + 2
        assert sheet.height > -(-n // 5) * 42
    bare = project.contact_sheet(
        "Cluster 1", tmp_path / "bare.png", columns=5, rows=2, cell=40, title=False
    )
    with Image.open(bare) as sheet:
        assert sheet.size == (5 * 42 + 2, 2 * 42 + 2)


def test_a_sheet_shows_images_in_the_order_of_their_labels(
    project: pn.Project, tmp_path: Path
) -> None:
    labels = list(project.df.index[[7, 3, 7, 5]])
    once = [labels[0], labels[1], labels[3]]
    sheets = [
        project.contact_sheet(shown, tmp_path / f"{at}.png", columns=3, cell=40).read_bytes()
        for at, shown in enumerate((labels, once, once[::-1]))
    ]
    assert sheets[0] == sheets[1] != sheets[2]
    with pytest.raises(ProjectError, match="needs images"):
        project.contact_sheet([], tmp_path / "none.png")


def test_a_sheet_as_pdf_has_pages(project: pn.Project, tmp_path: Path) -> None:
    file = project.contact_sheet(None, tmp_path / "sheet.pdf", columns=4, cell=300, lang="fr")
    content = file.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", content)) == -(-60 // (4 * 5))


def test_a_sheet_that_cannot_be_is_refused(project: pn.Project, tmp_path: Path) -> None:
    for path, given_size, message in (
        ("a.jpg", {}, "it can be one of .png, .pdf"),
        ("a.png", {"columns": 0}, "columns is a whole number from 1 to 100. Got 0"),
        ("a.png", {"columns": 1, "cell": 2048}, "Give rows= to show some"),
        ("a.png", {"font": "none.ttf"}, "There is no font 'none.ttf'"),
    ):
        with pytest.raises(ProjectError, match=message):
            project.contact_sheet(None, tmp_path / path, **given_size)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
