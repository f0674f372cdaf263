"""Material that several tests share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import panoptic_nb as pn
from panoptic_nb.inputs import Images
from panoptic_nb.tree import Node


def write_images(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Write small images, each with other pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        path = folder / f"{number:04d}.png"
        Image.fromarray(pixels).resize((32, 32), Image.Resampling.NEAREST).save(path)
        paths.append(path)
    return paths


def blobs(
    sizes: Sequence[int], dim: int = 16, spread: float = 0.15, seed: int = 0
) -> NDArray[np.float32]:
    """Return unit vectors around as many centres as there are sizes, in that order."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(sizes), dim))
    rows = np.repeat(centres, sizes, axis=0) + spread * random.normal(size=(sum(sizes), dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def images(vectors: np.ndarray, rows: list[int] | None = None) -> Images:
    ones = np.ones(len(vectors), np.int64)
    sha1 = [str(i) for i in range(len(vectors))]
    given = ones if rows is None else np.array(rows)
    return Images(sha1, [Path(s) for s in sha1], ones, ones, ones.astype(np.uint64), given)


def same_partition(a: Sequence[int] | NDArray[np.int64], b: Sequence[int]) -> bool:
    """Tell whether two labellings group the same things, whatever the labels are called."""
    pairs = set(zip(np.asarray(a).tolist(), np.asarray(b).tolist(), strict=True))
    return len(pairs) == len(set(np.asarray(a).tolist())) == len(set(np.asarray(b).tolist()))


def outline(node: Node) -> list[object]:
    """Return what two trees must share to be the same: labels, scores, rows, level by level."""
    score = None if node.score is None else round(node.score, 4)
    return [node.label, node.kind, score, list(node.index), [outline(c) for c in node.children]]


def check_split(node: Node) -> None:
    """Assert that no image of a split is lost: clusters + unassigned + without vector = all."""
    kinds = [child.kind for child in node.children]
    assert kinds.count("unassigned") <= 1 and kinds.count("without_vector") <= 1
    everything = set(node.index)
    by_kind = {kind: set() for kind in ("group", "unassigned", "without_vector")}
    for child in node.children:
        assert len(child.index), f"{child} is empty"
        by_kind[child.kind] |= set(child.index)
    assert set().union(*by_kind.values()) == everything
    assert sum(len(part) for part in by_kind.values()) == len(everything), "counted twice"


def blob_project(folder: Path, sizes: Sequence[int]) -> Iterator[pn.Project]:
    """Open a project of small images whose vectors are blobs of these sizes, and close it."""
    write_images(folder, sum(sizes))
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(sizes))
        yield project
