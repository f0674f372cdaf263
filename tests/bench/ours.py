"""Our functions, from vectors to scored groups, as a project calls them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from peers import sha1_of

from panoptic_nb import engine
from panoptic_nb.functions import registry
from panoptic_nb.inputs import NO_DECISIONS, Images
from panoptic_nb.progress import Progress


class Runner:
    """Splits a root of made-up images."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = vectors
        n = len(vectors)
        sha1 = [sha1_of(i) for i in range(n)]
        ones = np.ones(n, np.int64)
        facts = Images(sha1, [], ones, ones, ones.astype(np.uint64), ones)
        self._members = np.arange(n)
        self._material = engine.Material(
            hash_images=lambda members: "",
            images=lambda members: facts,
            tags=lambda column: None,  # type: ignore[arg-type, return-value]
            vectors=vectors,
            decisions=lambda members: NO_DECISIONS,
            vec_type="made-up",
            model_hash=None,
            text=None,
            rows=lambda vectors, rows: vectors[rows],
        )

    def split(self, function: str, progress: Progress | None = None, **params: Any) -> engine.Split:
        """Run a registered function on all images."""
        found = registry.get(function)
        checked = found.form.check(function, params)
        how = progress or Progress()
        return engine.split(found, checked, self._members, "", self._material, 0, how)

    def labels(self, split: engine.Split) -> NDArray[np.int64]:
        """Return the group of each image, -1 for none."""
        labels = np.full(len(self.vectors), -1)
        for number, group in enumerate(split.groups):
            labels[group.members] = number
        return labels
