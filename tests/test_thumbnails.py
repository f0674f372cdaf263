"""Pictures of the grid in every size, from the store and from the files."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import panoptic_nb as pn
from panoptic_nb import thumbnails
from panoptic_nb.thumbnails import LARGE, Pictures
from panoptic_nb.widgets.protocol import Thumbnails
from panoptic_nb.widgets.server import Server


def sizes_of(pictures: Pictures) -> list[tuple[int, int]]:
    return [Image.open(io.BytesIO(picture)).size for picture in pictures]


def made(answer: Pictures | Future[Pictures]) -> Pictures:
    assert isinstance(answer, Future)
    return answer.result(20)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write a large, a wide and a small picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    ramp = np.add.outer(np.arange(900) % 256, np.arange(1200) % 256) // 2
    large = Image.fromarray(ramp.astype(np.uint8))
    large.save(folder / "a.png")
    large.resize((800, 100)).save(folder / "b.png")
    large.resize((200, 150)).save(folder / "c.png")
    return folder


@pytest.fixture
def project(photos: Path) -> Iterator[pn.Project]:
    with pn.open_project(photos) as project:
        yield project


ROWS = [0, 1, 2]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (128, [(128, 96), (128, 16), (128, 96)]),
        (256, [(256, 192), (256, 32), (200, 150)]),
    ],
)
def test_kept_sizes_come_at_once(
    project: pn.Project, size: int, expected: list[tuple[int, int]]
) -> None:
    pictures = project.thumbnails.get(ROWS, size)
    assert isinstance(pictures, list)
    assert sizes_of(pictures) == expected


def test_small_ones_are_made_and_not_kept(project: pn.Project) -> None:
    pictures = made(project.thumbnails.get(ROWS, 64))
    assert sizes_of(pictures) == [(64, 48), (64, 8), (64, 48)]
    assert sizes_of(project.thumbnails.kept(ROWS, 64))[0] == (128, 96)


def test_large_ones_are_made_from_the_file_and_kept(project: pn.Project, photos: Path) -> None:
    expected = [(512, 384), (512, 64), (200, 150)]
    assert sizes_of(made(project.thumbnails.get(ROWS, LARGE))) == expected
    for file in photos.glob("*.png"):
        file.unlink()
    assert sizes_of(made(project.thumbnails.get(ROWS, LARGE))) == expected
    assert sizes_of(project.thumbnails.kept(ROWS, 256))[0] == (256, 192)


def test_a_file_that_is_gone_or_another_one_falls_back_to_what_is_kept(
    project: pn.Project, photos: Path
) -> None:
    (photos / "a.png").unlink()
    Image.new("RGB", (900, 900)).save(photos / "b.png")
    assert sizes_of(made(project.thumbnails.get([0, 1], LARGE))) == [(256, 192), (256, 32)]


def test_whoever_asks_for_too_many_gets_what_is_kept(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "MOST_WAITING", 2)
    assert sizes_of(project.thumbnails.get(ROWS, LARGE))[0] == (256, 192)
    assert sizes_of(made(project.thumbnails.get([0], LARGE))) == [(512, 384)]


def test_a_question_does_not_wait_for_pictures_that_are_being_made(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, answered = threading.Event(), threading.Event()
    read = thumbnails.read_image

    def slowly(path: Path, side: int) -> Image.Image:
        assert may_go_on.wait(20)
        return read(path, side)

    monkeypatch.setattr(thumbnails, "read_image", slowly)
    replies: list[tuple[str, bool, int]] = []

    def send(content: dict, buffers: object) -> None:
        replies.append((content["id"], content["ok"], len(b"".join(buffers))))
        if len(replies) == 2:
            answered.set()

    server = Server(project.explore()._handlers, send)
    server.receive({"id": "large", "op": "thumbnails", "rows": [0, 9], "size": 512})
    server.receive({"id": "kept", "op": "thumbnails", "rows": [0], "size": 128})
    assert [name for name, _, _ in replies] == ["kept"]
    may_go_on.set()
    assert answered.wait(20)
    assert replies[1][:2] == ("large", True) and replies[1][2] > replies[0][2]


def test_an_error_while_pictures_are_made_is_one_refusal_however_often_asked(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: Future[tuple[dict, list[bytes]]] = Future()
    replies: list[dict] = []

    def handle(question: object) -> Future[tuple[dict, list[bytes]]]:
        assert isinstance(question, Thumbnails)
        return failed

    server = Server(handle, lambda content, _: replies.append(content))
    server.receive({"id": "q", "op": "thumbnails", "rows": [0], "size": 512})
    server.receive({"id": "q", "op": "thumbnails", "rows": [0], "size": 512})  # sent again
    assert not replies
    failed.set_exception(OSError("disk on fire"))
    assert [(reply["id"], reply["ok"]) for reply in replies] == [("q", False)]
    assert "disk on fire" in replies[0]["error"]["text"]
