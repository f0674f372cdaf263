"""What find_duplicates would find at every threshold, from one pass over the pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import one_thread_each
from panoptic_nb.clustering.candidates import SAME, likely_duplicates
from panoptic_nb.clustering.linkage import Merges, complete_linkage
from panoptic_nb.clustering.pairs import Pairs
from panoptic_nb.errors import VectorError
from panoptic_nb.inputs import NO_DECISIONS, Decisions, Images, Vectors
from panoptic_nb.progress import Progress

#: Thresholds are multiples of 1 / STEPS, those of the table of every TABLE_STEP-th.
STEPS = 1000
TABLE_STEP = 5
#: No threshold of near-duplicates is lower.
LOWEST = 0.5
#: The lowest threshold is chosen so that about so many pairs reach it, and never more than twice
#: as many: the histogram shows enough, and it takes seconds.
ENOUGH_PAIRS = 2_000_000
#: Images whose similarities say how many pairs reach a threshold.
SAMPLE = 2000


@dataclass(frozen=True)
class Thresholds:
    """What would be found at each threshold.

    Attributes
    ----------
    min_similarity : ndarray of float64 (t,)
        Ascending, up to 1.
    pairs : ndarray of int64 (t,)
        How many pairs of images are at least that similar.
    groups, images : ndarray of int64 (t,)
        How many groups there would be, and how many rows of the table in them.
    """

    min_similarity: NDArray[np.float64]
    pairs: NDArray[np.int64]
    groups: NDArray[np.int64]
    images: NDArray[np.int64]

    def frame(self) -> pd.DataFrame:
        """Return the thresholds in steps of 0.005."""
        table = pd.DataFrame(vars(self))
        number = (table["min_similarity"] * STEPS).round().astype(int)
        return table[number % TABLE_STEP == 0].reset_index(drop=True)


def duplicate_thresholds(
    vectors: Vectors,
    images: Images,
    progress: Progress,
    decisions: Decisions = NO_DECISIONS,
) -> Thresholds:
    """Count what find_duplicates finds at every threshold from a floor up to 1.

    The floor is the lowest multiple of 0.005, not under 0.5, that some two million pairs reach.
    Pairs are merged from the most to the least similar, so the groups at a threshold are those
    that stand when the last pair at or above it has come by: one pass gives them all.
    """
    floor, pairs = _pairs_above_floor(vectors, decisions, progress)
    merges = complete_linkage(len(vectors), *pairs, progress)
    progress.check()
    numbers = np.arange(round(floor * STEPS), STEPS + 1)
    lowest = np.minimum(numbers / STEPS, SAME)  # as find_duplicates does
    made = np.searchsorted(-merges.similarities, -lowest, side="right")
    groups, rows = _counts(merges, images.rows)
    return Thresholds(
        numbers / STEPS,
        np.searchsorted(np.sort(-pairs[2]), -lowest, side="right"),
        groups[made],
        rows[made],
    )


def _pairs_above_floor(
    vectors: NDArray[np.float32], decisions: Decisions, progress: Progress
) -> tuple[float, Pairs]:
    floor = _likely_floor(vectors)
    while floor < 1:
        pairs = likely_duplicates(vectors, floor, decisions, progress, 2 * ENOUGH_PAIRS)
        if pairs is not None:
            return floor, pairs
        floor = _round_up((1 + floor) / 2)
    raise VectorError(
        f"More than {2 * ENOUGH_PAIRS:,} pairs of images have nearly equal vectors, too many to "
        "count. Explore a smaller cluster.",
        key="too_many_equal",
        pairs=2 * ENOUGH_PAIRS,
    )


def _likely_floor(vectors: NDArray[np.float32]) -> float:
    """Return the threshold that `ENOUGH_PAIRS` should reach, judged by a sample.

    The first images in canonical order are as good as drawn by lot: it is that of a hash.
    """
    sample = vectors[:SAMPLE]
    n, size = len(vectors), len(sample)
    if n * (n - 1) // 2 <= ENOUGH_PAIRS:
        return LOWEST
    with one_thread_each:
        similarities = np.sort((sample @ sample.T)[np.triu_indices(size, 1)])
    share = ENOUGH_PAIRS / (n * (n - 1) / 2)
    at = float(similarities[-max(1, int(share * len(similarities)))])
    return min(max(_round_up(at), LOWEST), 1 - TABLE_STEP / STEPS)


def _round_up(value: float) -> float:
    return math.ceil(value * STEPS / TABLE_STEP) * TABLE_STEP / STEPS


def _counts(merges: Merges, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many groups, and rows of the table in them, there are after 0, 1, ... merges."""
    # Copies of one file are a group before anything is merged.
    first = (merges.first_size > 1) | (rows[merges.first] > 1)
    second = (merges.second_size > 1) | (rows[merges.second] > 1)
    copied = rows > 1
    groups = 1 - first.astype(np.int64) - second
    # What was no group was one image in one row.
    images = 2 - first.astype(np.int64) - second
    return (
        np.cumsum(np.concatenate([[copied.sum()], groups])),
        np.cumsum(np.concatenate([[rows[copied].sum()], images])),
    )
