"""Vectors of awkward, damaged and changing files; nothing is lost, and none is of another image."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision_shim
from PIL import Image
from tiny_clip import write_tiny_clip

import panoptic_nb as pn
from panoptic_nb.embeddings import OpenClip, embed_images
from panoptic_nb.errors import EncoderError, ProjectError
from panoptic_nb.images import read_image
from panoptic_nb.progress import Progress
from panoptic_nb.scan import scan
from panoptic_nb.store import MediaStore
from panoptic_nb.vectors import normalise


def patches(seed: int, size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Soft patches, fine and coarse."""
    random = np.random.default_rng(seed)
    coarse, fine = (random.integers(0, 255, (side, side, 3), np.uint8) for side in (4, 24))
    layers = [
        Image.fromarray(part).resize(size, Image.Resampling.BICUBIC) for part in (coarse, fine)
    ]
    return Image.blend(*layers, 0.4).convert(mode)


def write_awkward(folder: Path) -> list[Path]:
    """Write files of every kind that can be read."""
    folder.mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6
    patches(0, (3000, 1000)).save(folder / "large.jpg", quality=90)
    patches(1, (1200, 900)).save(folder / "turned.jpg", exif=turned)
    patches(2, (900, 700), "CMYK").save(folder / "cmyk.jpg")
    patches(3, (640, 480), "L").save(folder / "grey.jpg")
    patches(4, (1500, 1100)).save(folder / "large.png")
    patches(5, (300, 200)).quantize(16).save(folder / "palette.png")
    patches(6, (300, 200)).quantize(16).save(folder / "transparent.gif", transparency=3)
    frames = [patches(n, (120, 80)) for n in (7, 8)]
    frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "pages.tiff", save_all=True, append_images=frames[1:])
    sixteen = np.asarray(patches(9, (400, 300), "L")).astype(np.uint16) * 257
    Image.fromarray(sixteen).save(folder / "sixteen.png")
    patches(10, (1, 1)).save(folder / "pixel.png")
    patches(11, (3, 2000)).save(folder / "strip.png")
    patches(12, (200, 150)).save(folder / "png.jpg", "PNG")
    half = patches(13, (300, 300)).convert("RGBA")
    half.putalpha(Image.linear_gradient("L").resize(half.size))
    half.save(folder / "half.png")
    return sorted(folder.iterdir())


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Iterator[MediaStore]:
    opened = MediaStore(tmp_path / "project" / "media.sqlite")
    yield opened
    opened.close()


@pytest.fixture(name="tiny")
def fixture_tiny(tmp_path: Path) -> OpenClip:
    torchvision_shim.apply()
    pytest.importorskip("open_clip")
    return OpenClip(f"local-dir:{write_tiny_clip(tmp_path / 'tiny model')}", device="cpu")


def colours(images: list[Image.Image]) -> np.ndarray:
    return np.array([np.asarray(image).mean(axis=(0, 1)) + 1 for image in images])


def items_of(paths: list[Path], store: MediaStore) -> list[tuple[str, Path]]:
    sha1s = scan(paths, store).sha1
    return [(str(sha1), path) for sha1, path in zip(sha1s, paths, strict=True)]


# right vectors


def test_vectors_are_those_of_open_clip_one_image_at_a_time(
    tmp_path: Path, store: MediaStore, tiny: OpenClip
) -> None:
    import open_clip
    import torch

    items = items_of(write_awkward(tmp_path / "images"), store)
    assert embed_images(store, tiny, items).failed == []
    found = store.vectors(tiny.name, [sha1 for sha1, _ in items])
    model, _, preprocess = open_clip.create_model_and_transforms(tiny.model)
    model.eval()
    for (_, path), vector in zip(items, found, strict=True):
        with torch.inference_mode():
            alone = model.encode_image(preprocess(read_image(path))[None]).numpy()
        assert 1 - float(normalise(alone)[0] @ vector) < 1e-3, path.name


def test_a_very_long_image_gives_the_vector_of_its_middle(tiny: OpenClip) -> None:
    long = patches(0, (40_000, 5))  # enlarged as it is, it would have 8 megapixels here
    middle = long.crop((19_900, 0, 20_100, 5))
    one, other = normalise(tiny.encode_images([long, middle]))
    assert 1 - one @ other < 1e-3


def test_every_core_computes_and_no_vector_is_lost(
    tmp_path: Path, store: MediaStore, tiny: OpenClip
) -> None:
    paths = []
    for number in range(50):
        paths.append(tmp_path / f"{number:02}.png")
        patches(number, (40, 30)).save(paths[-1])
    items = items_of(paths, store)
    progress = Counting()
    assert embed_images(store, tiny, items, progress, batch_size=4).done == 50
    assert progress.seen == sorted(progress.seen) and progress.seen[-1] == 50
    found = store.vectors(tiny.name, [sha1 for sha1, _ in items])
    expected = normalise(tiny.encode_images([Image.open(path) for path in paths]))
    assert (1 - (found * expected).sum(axis=1)).max() < 1e-3


class Counting(Progress):
    def __init__(self, stop_at: float | None = None) -> None:
        super().__init__()
        self.seen: list[float] = []
        self.stop_at = stop_at

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        self.seen.append(done)
        if self.stop_at is not None and done >= self.stop_at:
            self.cancel()
        super().__call__(done, total, text)


def test_a_cancel_keeps_what_every_core_has_finished(
    tmp_path: Path, store: MediaStore, tiny: OpenClip
) -> None:
    paths = []
    for number in range(40):
        paths.append(tmp_path / f"{number:02}.png")
        patches(number, (40, 30)).save(paths[-1])
    items = items_of(paths, store)
    with pytest.raises(pn.Cancelled):
        embed_images(store, tiny, items, Counting(stop_at=4), batch_size=2)
    missing = store.without_vector(tiny.name, [sha1 for sha1, _ in items])
    assert 0 < len(missing) < 40
    assert embed_images(store, tiny, items, batch_size=2).done == len(missing)


# files that cannot be used


def test_bad_files_are_skipped_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    write_awkward(folder)
    whole = (folder / "large.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no image")
    # 30,000 x 30,000 pixels of one value are a file of a megabyte.
    bomb = Image.new("1", (30_000, 30_000))
    bomb.save(folder / "bomb.png")
    with pytest.warns(UserWarning, match="4 of 18 images cannot be read"):
        project = pn.open_project(folder, tmp_path / "project")
    with project:
        reasons = {Path(path).name: why for path, why in project.skipped[["path", "reason"]].values}
        assert reasons.keys() == {"truncated.jpg", "empty.jpg", "text.jpg", "bomb.png"}
        assert "too large" in reasons["bomb.png"] and "truncated" in reasons["truncated.jpg"]
        name = project.embed(colours)
        assert not np.isnan(project.vectors(name)).any()


def test_a_file_that_changed_or_went_since_it_was_scanned_gets_no_vector(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(6):
        patches(number, (40, 30)).save(folder / f"{number}.png")
    with pn.open_project(folder, tmp_path / "project") as project:
        shutil.copy(folder / "0.png", folder / "1.png")  # now another image of the project
        patches(99, (40, 30)).save(folder / "2.png")
        (folder / "3.png").unlink()
        (folder / "4.png").write_bytes(b"")
        with pytest.warns(UserWarning, match="4 images got no vector"):
            name = project.embed(colours)
        missing = np.isnan(project.vectors(name)).any(axis=1)
        assert missing.tolist() == [False, True, True, True, True, False]
    with pytest.warns(UserWarning, match="1 of 5 images cannot be read"):
        project = pn.open_project(folder, tmp_path / "project")
    with project:
        project.embed(colours)
        paths = [Path(path).name for path in project.df["path"]]
        vectors = project.vectors(name)[[paths.index(n) for n in ("0.png", "1.png", "2.png")]]
        expected = colours([Image.open(folder / n) for n in ("0.png", "1.png", "2.png")])
        np.testing.assert_allclose(vectors, normalise(expected), atol=1e-5)


def test_a_changed_file_is_told_so(tmp_path: Path, store: MediaStore) -> None:
    patches(0, (40, 30)).save(tmp_path / "a.png")
    [(sha1, path)] = items_of([tmp_path / "a.png"], store)
    patches(1, (40, 30)).save(path)
    report = embed_images(store, pn.embeddings.resolve_encoder(colours), [(sha1, path)])
    assert report.failed == [(sha1, "changed since it was scanned; open the project again")]


# encoders and disks that fail


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (lambda images: np.full((len(images), 3), np.nan), None),
        (lambda images: np.zeros((len(images), 3)), None),
        (lambda images: np.ones((len(images) + 1, 3)), r"one row per image. Got \("),
        (lambda images: np.ones(len(images)), "must return numbers of shape"),
        (lambda images: [["a"]] * len(images), "must return numbers of shape"),
        (lambda images: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_an_encoder_returns_is_checked(
    tmp_path: Path, store: MediaStore, result: Any, sentence: str | None
) -> None:
    paths = write_awkward(tmp_path / "images")[:5]
    items = items_of(paths, store)
    encoder = pn.embeddings.resolve_encoder(result)
    if sentence is None:
        report = embed_images(store, encoder, items)
        assert report.done == 0 and len(report.failed) == 5
        assert "gave no usable vector" in report.failed[0][1]
    else:
        with pytest.raises(EncoderError, match=sentence):
            embed_images(store, encoder, items)
    assert store.vector_sets() == {}


def test_an_encoder_that_fails_on_one_core_stops_the_others(
    tmp_path: Path, store: MediaStore
) -> None:
    class Fails:
        name, dim, model_hash, has_text, spec, thread_safe = "fails", 3, "0", False, "", True
        calls = 0

        def encode_images(self, images: list[Image.Image]) -> np.ndarray:
            self.calls += 1
            if self.calls == 4:
                raise MemoryError
            return colours(images)

        def encode_texts(self, texts: Any) -> Any: ...

    paths = []
    for number in range(60):
        paths.append(tmp_path / f"{number:02}.png")
        patches(number, (20, 20)).save(paths[-1])
    items, encoder = items_of(paths, store), Fails()
    with pytest.raises(EncoderError, match="'fails' failed on 1 images: MemoryError"):
        embed_images(store, encoder, items, batch_size=2)
    assert encoder.calls < 30
    done = 60 - len(store.without_vector("fails", [sha1 for sha1, _ in items]))
    assert done > 0
    assert embed_images(store, encoder, items, batch_size=2).done == 60 - done


def test_a_full_disk_is_one_sentence_and_loses_nothing(
    tmp_path: Path, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wide(images: list[Image.Image]) -> np.ndarray:
        return np.random.default_rng(0).random((len(images), 8000))

    paths = []
    for number in range(30):
        paths.append(tmp_path / f"{number:02}.png")
        patches(number, (20, 20)).save(paths[-1])
    items = items_of(paths, store)
    encoder = pn.embeddings.resolve_encoder(wide)
    with store._database.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(ProjectError, match=r"database or disk is full.*the disk is not full"):
        embed_images(store, encoder, items, batch_size=4)
    with store._database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left = len(store.without_vector("wide", [sha1 for sha1, _ in items]))
    assert 0 < left < 30 and (30 - left) % 4 == 0, "whole batches"
    assert embed_images(store, encoder, items, batch_size=4).done == left
