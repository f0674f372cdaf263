"""How similar images and texts are: blocked products, and a scale that the vectors themselves give.

The matrix of all images and texts is never held, only a block of it in each thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]
#: Positions of images and of texts, int64 (p,), and their cosines, float32 (p,).
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], Vectors32]

#: Cosines of one block: they stay in the cache while the largest are looked for.
BLOCK_ENTRIES = 1 << 19
#: Fewer rows make the product slow, more make a cancel wait.
MIN_ROWS, MAX_ROWS = 256, 4096
#: Cosines whose median is taken for the lower end of the scale.
MEDIAN_ENTRIES = 1 << 21
#: Share of the images that stay below the upper end of the scale.
BELOW_HIGH = 0.998
#: Cosines in float32 that differ by less are equal but for rounding.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Scale:
    """Maps cosines of images and texts to similarities: ``low`` to 0, ``high`` to 1, clipped.

    Without a range, that is where all cosines are equal, every similarity is 1.
    """

    low: float
    high: float

    @property
    def has_range(self) -> bool:
        """Whether the cosines differ by more than rounding."""
        return self.high - self.low > ROUNDING

    def similarity(self, cosines: Vectors32) -> Vectors32:
        """Return the similarities, float32 between 0 and 1, of cosines."""
        if not self.has_range:
            return np.ones_like(cosines)
        scaled = (cosines.astype(np.float64) - self.low) / (self.high - self.low)
        return np.clip(scaled, 0, 1).astype(np.float32)

    def least_cosine(self, similarity: float) -> float:
        """Return a cosine that none with at least this similarity falls below."""
        if not self.has_range or similarity <= 0:
            return -np.inf
        return self.low + similarity * (self.high - self.low) - ROUNDING


def calibrate(sample: Vectors32, texts: Vectors32, progress: Progress) -> Scale:
    """Return the scale of the similarities of images and texts.

    Images and texts of one model lie in two narrow cones (W. Liang et al. 2022, "Mind the gap"),
    so that their cosines fill a narrow band, another one for each model. The lower end of the
    scale is the median cosine of all pairs, since most texts do not describe most images. The
    upper end is what one image in 500 exceeds with its best text: near the highest, so that texts
    which describe few images keep an order among them, but not the highest itself, which is often
    a curiosity, such as a picture of the written word. Both are values that occur (or the mean of
    two), so that they do not depend on the order of the texts. With a single text, which has
    nothing to be compared with, half of the images are at 0.

    Parameters
    ----------
    sample : ndarray of float32 (s, d)
        Unit vectors of images, s >= 1.
    texts : ndarray of float32 (t, d)
        Unit vectors, t >= 1.
    """
    _, _, best = nearest(sample, texts, progress)
    few = sample[: max(1, MEDIAN_ENTRIES // len(texts))]
    blocks = _blocks(len(few), len(texts))

    def work(block: slice) -> Vectors32:
        return few[block] @ texts.T

    low = np.median(np.concatenate(list(map_blocks(work, blocks, progress, "similarities"))))
    return Scale(float(low), float(np.quantile(best, BELOW_HIGH, method="higher")))


def nearest(images: Vectors32, texts: Vectors32, progress: Progress) -> Pairs:
    """Return each image with its nearest text, the first of several that are equally near."""

    def work(block: slice) -> tuple[NDArray[np.int64], Vectors32]:
        cosines = images[block] @ texts.T
        best = cosines.argmax(axis=1)
        return best, cosines[np.arange(len(best)), best]

    blocks = _blocks(len(images), len(texts))
    found = list(map_blocks(work, blocks, progress, "similarities"))
    best, cosines = (np.concatenate([part[i] for part in found]) for i in range(2))
    return np.arange(len(images)), best, cosines


def pairs_from(
    images: Vectors32, texts: Vectors32, cosine: float, limit: int, progress: Progress
) -> Pairs | None:
    """Return the pairs of image and text from a cosine on; None if they are more than `limit`."""

    def work(block: slice) -> Pairs:
        cosines = images[block] @ texts.T
        found = np.flatnonzero(cosines >= cosine)
        image, text = np.divmod(found, len(texts))
        return image + block.start, text, cosines.ravel()[found]

    blocks = _blocks(len(images), len(texts))
    parts: list[Pairs] = []
    total = 0
    for part in map_blocks(work, blocks, progress, "similarities"):
        parts.append(part)
        total += len(part[0])
        if total > limit:
            return None
    image, text, cosines = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return image, text, cosines


def _blocks(images: int, texts: int) -> list[slice]:
    return row_blocks(images, min(max(BLOCK_ENTRIES // texts, MIN_ROWS), MAX_ROWS))
