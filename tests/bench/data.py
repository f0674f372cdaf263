"""Made-up vectors like those of image models, and real ones."""

from __future__ import annotations

import os
import subprocess
import tarfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DIM = 512
#: Where real corpora and their vectors are kept from one run to the next.
CACHE = Path(os.environ.get("PANOPTIC_NB_BENCH", Path.home() / ".cache" / "panoptic_nb_bench"))
VENDORS = ("apple", "google", "twitter", "facebook")


@dataclass(frozen=True)
class Corpus:
    """Unit vectors float32 (n, d) and labels of two levels (one, for made-up vectors)."""

    vectors: NDArray[np.float32]
    level_1: NDArray[np.object_]
    level_2: NDArray[np.object_]


def clustered(n: int, clusters: int = 60, seed: int = 0) -> Corpus:
    """Return clusters of uneven size whose spread falls off over the dimensions."""
    random = np.random.default_rng(seed)
    weights = random.lognormal(0, 1.2, clusters)
    labels = random.choice(clusters, n, p=weights / weights.sum())
    centres = random.normal(size=(clusters, DIM)).astype(np.float32) / np.sqrt(DIM)
    spectrum = 1 / np.sqrt(1 + np.arange(DIM) / 8)
    spectrum = (spectrum / np.linalg.norm(spectrum)).astype(np.float32)
    vectors = np.empty((n, DIM), np.float32)
    for start in range(0, n, 50_000):
        part = labels[start : start + 50_000]
        noise = random.standard_normal((len(part), DIM), dtype=np.float32) * spectrum
        rows = centres[part] + noise
        vectors[start : start + 50_000] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return Corpus(vectors, labels, labels)


def with_near_copies(n: int, share: float = 0.05, seed: int = 0) -> NDArray[np.float32]:
    """Return clustered vectors of which a share are near-copies of others, more or less near."""
    vectors = clustered(n, seed=seed).vectors
    random = np.random.default_rng(seed)
    copies, sources = random.permutation(n)[: int(share * n)], random.integers(0, n, int(share * n))
    noise = random.standard_normal((len(copies), DIM), dtype=np.float32) / np.sqrt(DIM)
    rows = vectors[sources] + noise * random.uniform(0.01, 0.7, (len(copies), 1)).astype(np.float32)
    vectors[copies] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return vectors


def real(name: str) -> Corpus:
    """Return EfficientNet-Lite0 vectors of a corpus: "stamps", "clip-art" or "emoji".

    Fetched with apt-get and npm into `CACHE` when first used, without installing anything.
    """
    import panoptic_nb as pn

    frame = {"stamps": _stamps, "clip-art": _clip_art, "emoji": _emoji}[name]()
    warnings.simplefilter("ignore", UserWarning)  # some drawings are broken
    with pn.open_project(frame, CACHE / f"{name}_panoptic", path_column="path") as project:
        project.embed("efficientnet-lite0")
        once = ~project.df["sha1"].duplicated()
        vectors = project.vectors()[once]
        table = project.df[once]
    known = ~np.isnan(vectors[:, 0])
    return Corpus(vectors[known], table["l1"].to_numpy()[known], table["l2"].to_numpy()[known])


def _debian(package: str) -> Path:
    folder = CACHE / package
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", package], cwd=CACHE, check=True)
        archive = next(CACHE.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    return folder


def _in_folders(root: Path) -> pd.DataFrame:
    paths = sorted(root.rglob("*.png"))
    parts = [path.relative_to(root).parts[:-1] for path in paths]
    return pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "l1": [folders[0] for folders in parts],
            "l2": ["/".join(folders[:2]) for folders in parts],
        }
    )


def _stamps() -> pd.DataFrame:
    stamps = _in_folders(_debian("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps")
    return stamps[~stamps["path"].str.contains("_mirror|_flip")].reset_index(drop=True)


def _clip_art() -> pd.DataFrame:
    drawings = _in_folders(_debian("openclipart-png") / "usr/share/openclipart/png")
    skewed = drawings["l2"].isin(["computer/icons", "shapes/stars"]) | (
        drawings["l1"] == "unsorted"
    )
    return drawings[~skewed].sample(2000, random_state=0).reset_index(drop=True)


def _emoji() -> pd.DataFrame:
    frames = [_vendor(vendor) for vendor in VENDORS]
    common = set.intersection(*(set(frame["code"]) for frame in frames))
    codes = pd.Series(sorted(common)).sample(500, random_state=0)
    frame = pd.concat(frames)
    return frame[frame["code"].isin(codes)].reset_index(drop=True)


def _vendor(vendor: str) -> pd.DataFrame:
    package = f"emoji-datasource-{vendor}"
    folder = CACHE / package
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", f"{package}@16.0.0"], cwd=CACHE, check=True)
        with tarfile.open(CACHE / f"{package}-16.0.0.tgz") as archive:
            archive.extractall(folder, filter="data")
    table = pd.read_json(folder / "package" / "emoji.json")
    table = table[table[f"has_img_{vendor}"]]
    images = folder / "package" / "img" / vendor / "64"
    frame = pd.DataFrame(
        {
            "path": [str(images / name) for name in table["image"]],
            "code": table["unified"],
            "l1": table["category"],
            "l2": table["category"] + "/" + table["subcategory"],
        }
    )
    return frame[[Path(path).exists() for path in frame["path"]]]
