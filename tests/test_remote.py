"""Images at addresses: a real server on this machine, and fsspec's file system in memory."""

from __future__ import annotations

import io
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
from fixtures import write_images

import panoptic_nb as pn
from panoptic_nb import remote_access
from panoptic_nb.errors import ImageError
from panoptic_nb.files import path_text
from panoptic_nb.images import file_sha1
from panoptic_nb.remote import RemoteFile
from panoptic_nb.widgets.handlers import _large_picture


class Server(ThreadingHTTPServer):
    """Serves a folder, and writes down what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def taken(self) -> list[str]:
        """Return the requests since the last call."""
        asked, self.asked = self.asked, []
        return asked


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def send_head(self) -> Any:
        self.server.asked.append(f"{self.command} {self.path}")
        assert self.headers["User-Agent"] == "panoptic_nb"
        if "forbidden" in self.path:
            return self.send_error(403)
        if "broken" in self.path:
            return self.send_error(500, "Out of order")
        return super().send_head()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    write_images(folder, 3)
    write_images(folder / "more", 1, seed=7)
    return folder


@pytest.fixture
def server(served: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(remote_access, "_hosts", remote_access._Hosts())
    with Server(served) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def table(server: Server, *names: str) -> pd.DataFrame:
    return pd.DataFrame({"address": [f"{server.url}/{name}" for name in names]}, index=[*names])


def looks(images: list[Any]) -> Any:
    return np.array([np.asarray(image.resize((4, 4)), np.float32).ravel() for image in images])


NAMES = ("0000.png", "0001.png", "0002.png")


def test_images_at_addresses_are_images_like_others(server: Server, served: Path) -> None:
    frame = table(server, *NAMES)
    with pn.open_project(frame, folder="remote") as project, pn.open_project(served) as local:
        assert project.df["address"].tolist() == frame["address"].tolist()
        assert set(project.df["sha1"]) == set(local.df["sha1"][:3])
        assert [path_text(path) for path in project.paths] == frame["address"].tolist()
        picture, size, reason = _large_picture(project.paths[0])
        assert (picture[:2], size, reason) == (b"\xff\xd8", (32, 32), None)
        for opened in (project, local):
            opened.embed(looks)
        np.testing.assert_array_equal(project.vectors(), local.vectors()[:3])
        project.compute_clusters(nb_clusters=2)
        project.save_clustering()
        out = project.export_imagefolder("out")
        assert sorted(path.name for path in out.rglob("*.png")) == list(NAMES)


def test_content_is_fetched_once_and_a_new_version_is_noticed(server: Server, served: Path) -> None:
    frame = table(server, *NAMES)
    with pn.open_project(frame, folder="remote") as project:
        before = project.df["sha1"].tolist()
    assert sorted(r for r in server.taken() if r[:3] == "GET") == [f"GET /{n}" for n in NAMES]
    kept = [file for file in Path("remote/remote").rglob("*") if file.is_file()]
    assert sorted(f.read_bytes() for f in kept) == sorted((served / n).read_bytes() for n in NAMES)

    shutil.copy(served / "more" / "0000.png", served / "0001.png")
    os.utime(served / "0001.png", (2e9, 2e9))
    with pn.open_project(frame, folder="remote") as project:
        after = project.df["sha1"].tolist()
    assert [r for r in server.taken() if r[:3] == "GET"] == ["GET /0001.png"]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert len([file for file in Path("remote/remote").rglob("*") if file.is_file()]) == 3


def test_what_was_fetched_may_be_deleted(server: Server) -> None:
    with pn.open_project(table(server, *NAMES), folder="remote"):
        pass
    shutil.rmtree("remote/remote")
    server.taken()
    with pn.open_project(table(server, *NAMES), folder="remote") as project:
        assert not [r for r in server.taken() if r[:3] == "GET"]  # the thumbnails are there
        assert _large_picture(project.paths[0])[1] == (32, 32)
    assert [r for r in server.taken() if r[:3] == "GET"] == ["GET /0000.png"]


def test_each_address_that_cannot_be_read_has_its_reason(server: Server) -> None:
    frame = table(server, "0000.png", "none.png", "forbidden.png", "broken.png")
    frame.loc["away"] = f"http://127.0.0.1:{free_port()}/a.png"
    frame.loc["odd"] = "nothing-known://a.png"
    frame.loc["package"] = "gs://bucket/a.png"
    with (
        pytest.warns(UserWarning, match="6 of 7 images"),
        pn.open_project(frame, folder="remote") as project,
    ):
        reasons = project.skipped["reason"].to_dict()
    assert reasons.pop("away").startswith("no connection to http://127.0.0.1:")
    assert reasons.pop("package") == ("a package is missing for gs:// addresses: pip install gcsfs")
    assert reasons.pop("odd").startswith("the address cannot be used (Protocol not known")
    assert reasons == {
        "none.png": "file not found",
        "forbidden.png": "no permission to read the file",
        "broken.png": "the server answers 500 Out of order",
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_server_that_is_gone_takes_nothing_away(served: Path, server: Server) -> None:
    frame = table(server, *NAMES)
    with pn.open_project(frame, folder="remote") as project:
        before = project.df["sha1"].tolist()
    server.shutdown()
    server.server_close()
    with pn.open_project(frame, folder="remote") as project:
        assert project.df["sha1"].tolist() == before
        project.embed(looks)  # from what is kept


def test_a_server_that_does_not_answer_is_given_up_for_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(remote_access, "_hosts", remote_access._Hosts())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(remote_access, "_FOR_FACTS", 1)
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        # At one second each, in 16 threads, they would take half a minute.
        frame = pd.DataFrame({"path": [f"{host}/{number}.png" for number in range(500)]})
        with pytest.raises(pn.ProjectError, match=r"no answer from http.* within 1 s") as told:
            pn.open_project(frame, folder="remote")
    assert "500 images" in str(told.value)
    assert not Path("remote").exists()


def test_a_folder_at_an_address_is_listed(server: Server) -> None:
    with pn.open_project(server.url) as project:
        names = [RemoteFile(path).name for path in project.df["path"]]
        assert names == ["0000.png", "0001.png", "0002.png", "0000.png"]
        assert project.source == server.url
        assert project.folder.parent == Path.cwd()
    with pytest.raises(pn.ProjectError, match="cannot be listed: file not found"):
        pn.open_project(f"{server.url}/nowhere")
    with pytest.raises(pn.ProjectError, match="pandas"):
        pn.open_project(f"{server.url}/table.csv")


def test_a_disk_that_cannot_keep_it_is_the_reason(server: Server) -> None:
    place = Path("project/remote")
    place.parent.mkdir()
    place.write_text("a file where a folder should be")
    with pytest.raises(ImageError, match="the project folder cannot keep it"):
        RemoteFile(f"{server.url}/0000.png", cache=place).fetch()


def test_any_file_system_of_fsspec_serves(served: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    memory = fsspec.filesystem("memory")
    for path in served.rglob("*.png"):
        memory.pipe_file(f"/photos/{path.relative_to(served).as_posix()}", path.read_bytes())
    try:
        with pn.open_project("memory://photos") as project:
            assert len(project.df) == 4
            assert project.df["path"].tolist()[0] == "memory:///photos/0000.png"
            before = project.df["sha1"].tolist()
        memory.pipe_file("/photos/0002.png", (served / "0001.png").read_bytes())
        with pn.open_project("memory://photos") as project:
            assert project.df["sha1"].tolist() == [before[0], before[1], before[1], before[3]]
    finally:
        memory.rm("/photos", recursive=True)


def test_a_file_within_an_archive(served: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "archive"), "zip", served / "more")
    fsspec.filesystem("memory").pipe_file("/archive.zip", Path(archive).read_bytes())
    frame = pd.DataFrame({"path": ["zip://0000.png::memory://archive.zip"]})
    with pn.open_project(frame, folder=tmp_path / "project") as project:
        assert project.df["sha1"].tolist() == [file_sha1(served / "more" / "0000.png")]
    fsspec.filesystem("memory").rm("/archive.zip")


def test_file_addresses_are_paths(served: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame({"path": [path.as_uri() for path in sorted(served.glob("*.png"))]})
    with pn.open_project(frame, folder=tmp_path / "project") as project:
        assert project.paths == sorted(served.glob("*.png"))
    with pn.open_project(served.as_uri()) as project:
        assert len(project.df) == 4


def test_names_of_addresses() -> None:
    file = RemoteFile("https://host/a%20b/Na%C3%AFve.final.JPG?width=300#top")
    assert (file.name, file.stem, file.suffix) == ("Naïve.final.JPG", "Naïve.final", ".JPG")
    assert RemoteFile("zip://inside/a.png::https://host/archive.zip").name == "a.png"
    assert RemoteFile("https://host").name == ""
    assert RemoteFile("s3://bucket/what?.png").name == "what?.png"


def test_without_a_cache_it_is_read_each_time(server: Server, served: Path) -> None:
    file = RemoteFile(f"{server.url}/0000.png")
    with file.open() as opened:
        assert isinstance(opened, io.BytesIO)
        assert opened.read() == (served / "0000.png").read_bytes()
    # As on another machine, where there is no project folder to keep it in.
    away = RemoteFile(file.url, cache=Path("nowhere/remote"))
    with away.open() as opened:
        assert opened.read() == (served / "0000.png").read_bytes()
    assert not Path("nowhere").exists()
