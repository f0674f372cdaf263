"""cluster_by_tags, beside the bare matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from data import DIM

from panoptic_nb.clustering.tags import cluster_by_tags
from panoptic_nb.inputs import Tags, TextEncoder
from panoptic_nb.progress import Progress

TAGS = 1000


def made_up_tags() -> tuple[Tags, np.ndarray, TextEncoder]:
    """Return tags, their vectors, and what turns the ones into the others."""
    texts = np.random.default_rng(1).standard_normal((TAGS, DIM), dtype=np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    tags = Tags("made-up", [(f"{number:04d}",) for number in range(TAGS)])
    return tags, texts, TextEncoder(lambda asked: texts[[int(text) for text in asked]])


@pytest.mark.parametrize("multiple", [False, True])
def test_100_000_images_and_1_000_tags(
    multiple: bool, made_up: Any, paired: Any, table: Any
) -> None:
    vectors = made_up(100_000).vectors
    tags, texts, encoder = made_up_tags()
    seconds = paired(
        lambda: cluster_by_tags(vectors, encoder, Progress(), tags=tags, multiple=multiple),
        lambda: vectors @ texts.T,
        rounds=7,
    )
    what = f"cluster_by_tags, 100,000 x 1,000, multiple = {multiple}, s"
    table.add(what, seconds[0], "matrix product", seconds[1], "<= 1.5")
