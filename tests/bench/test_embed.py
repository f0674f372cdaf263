"""Embedding, beside the limit of the machine and a pipeline of the shape of PanopticML's.

``PANOPTIC_NB_EMBEDDED=1`` takes 1,000 and 2,000 images, by default a twentieth.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torchvision_shim
from photos import write_photos
from test_embed_files import write_awkward

from panoptic_nb.embeddings import EfficientNetLite, OpenClip, embed_images
from panoptic_nb.images import file_sha1, read_image
from panoptic_nb.store import MediaStore

#: At full size each takes more than the ten minutes that tests have.
pytestmark = pytest.mark.timeout(7200)

torchvision_shim.apply()
import embedding_peers as peers  # noqa: E402
import open_clip  # noqa: E402
import torch  # noqa: E402

SHARE = float(os.environ.get("PANOPTIC_NB_EMBEDDED", "0.05"))
#: Megapixels, and images at full size.
PHOTOS = {12: 1000, 0.3: 2000}
ENCODERS = {
    "ViT-B-32": lambda dtype: OpenClip("ViT-B-32", None, "cpu", dtype),
    "EfficientNet-Lite0": lambda dtype: EfficientNetLite(0, "cpu", dtype),
}
_ROUNDS = 3


def seconds_of(encoder: Any, paths: list[Path], folder: Path) -> tuple[float, float]:
    """Return seconds and processor seconds of the pipeline, from files to a store."""
    items = [(file_sha1(path), path) for path in paths]
    store = MediaStore(folder / "media.sqlite")
    start, used = time.perf_counter(), time.process_time()
    assert embed_images(store, encoder, items).done == len(paths)
    seconds = time.perf_counter() - start, time.process_time() - used
    store.close()
    return seconds


@pytest.mark.parametrize("megapixels", PHOTOS)
@pytest.mark.parametrize("name", ENCODERS)
def test_images_per_second(name: str, megapixels: float, tmp_path: Path, table: Any) -> None:
    count = max(40, round(SHARE * PHOTOS[megapixels]))
    paths = write_photos(tmp_path / "photos", count, megapixels)
    encoder, exact = ENCODERS[name]("auto"), ENCODERS[name]("float32")
    encoder.model_hash, exact.model_hash  # noqa: B018, loads them
    workers = len(os.sched_getaffinity(0))
    rates, limits, used, shaped = [], [], [], []
    for turn in range(_ROUNDS):
        cost = peers.decode_seconds(encoder, paths[:8]) + peers.forward_seconds(encoder)
        limits.append(workers / cost)
        seconds, processor = seconds_of(encoder, paths, tmp_path / f"{turn}")
        rates.append(count / seconds)
        used.append(processor / count / cost)
        start = time.perf_counter()
        peers.panoptic_pipeline(exact, paths, tmp_path / f"{turn}.sqlite")
        shaped.append(count / (time.perf_counter() - start))
    what = f"{name}, {count:,} images of {megapixels} Mpixel, images/s"
    table.add(what, max(rates), "limit", max(limits), ">= 0.92")
    table.add(what, max(rates), "PanopticML's shape", max(shaped), ">= 1.0")
    table.note(
        f"{name}, processor time beside the bare stages",
        f"{min(used):.3f}",
        "<= 1.09",
        min(used) <= 1.09,
    )


PEAK = """
import resource, sys
from pathlib import Path
from panoptic_nb.embeddings import EfficientNetLite, embed_images
from panoptic_nb.images import file_sha1
from panoptic_nb.store import MediaStore

folder = Path(sys.argv[1])
items = [(file_sha1(path), path) for path in sorted(folder.glob("*.jpg"))[: int(sys.argv[2])]]
encoder = EfficientNetLite(0, "cpu")
encoder.model_hash
store = MediaStore(folder / f"{len(items)}" / "media.sqlite")
before = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
assert embed_images(store, encoder, items).done == len(items)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before)
"""


def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path, table: Any) -> None:
    many, few = round(20_000 * SHARE), round(1000 * SHARE)
    write_photos(tmp_path, many, 0.3)
    added = {
        count: int(
            subprocess.run(
                [sys.executable, "-c", PEAK, str(tmp_path), str(count)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for count in (few, many)
    }
    what = f"peak memory added, {many:,} images, MB"
    table.add(what, added[many] / 1e6, f"{few:,} images", added[few] / 1e6, "<= 1.1")


def test_vectors_are_those_of_open_clip(tmp_path: Path, table: Any) -> None:
    """ViT-B-32, one image at a time in float32; the tests do the same with a small model."""
    paths = write_awkward(tmp_path / "awkward") + write_photos(tmp_path / "photos", 4, 12)
    weights = tmp_path / "weights.pt"
    torch.manual_seed(0)
    torch.save(open_clip.create_model("ViT-B-32").state_dict(), weights)
    encoder = OpenClip("ViT-B-32", weights, "cpu")
    store = MediaStore(tmp_path / "media.sqlite")
    sha1s = [file_sha1(path) for path in paths]
    embed_images(store, encoder, list(zip(sha1s, paths, strict=True)))
    found = store.vectors(encoder.name, sha1s)
    store.close()
    model, _, preprocess = open_clip.create_model_and_transforms("ViT-B-32", str(weights))
    furthest = 0.0
    for path, vector in zip(paths, found, strict=True):
        with torch.inference_mode():
            alone = model.eval().encode_image(preprocess(read_image(path))[None])
        unit = torch.nn.functional.normalize(alone)[0].numpy()
        furthest = max(furthest, 1 - float(unit @ vector))
    dtype = str(encoder._loaded().dtype)
    what = f"cosine distance to open_clip alone, {len(paths)} awkward files, {dtype}"
    table.note(what, f"{furthest:.1e}", "<= 1e-3", furthest <= 1e-3)
