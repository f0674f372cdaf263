"""cluster_by_tags: each image goes to the tag whose text is nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from panoptic_nb.functions import clustering_function
from panoptic_nb.groups import Group
from panoptic_nb.inputs import ParentTags, Tags, TextEncoder, Vectors
from panoptic_nb.progress import Progress


@clustering_function(experimental=True)
def cluster_by_tags(
    vectors: Vectors,
    text: TextEncoder,
    progress: Progress,
    *,
    tags: Tags,
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.5,
    parent_tags: ParentTags = "use",
    multiple: bool = False,
    prefix: str = "",
) -> list[Group]:
    """Group images by the nearest tag of a column (experimental: the model must know text).

    Parameters
    ----------
    tags
        Column of tags or lists of tags.
    min_similarity
        Images whose best tag is less similar stay unassigned; 0 is the corpus's typical
        similarity of an image and a tag, 1 its highest.
    parent_tags
        use: every tag; combine: the lowest tags, with the names of their parents in the text;
        ignore: the lowest tags alone.
    multiple
        Put an image under every tag that is similar enough, not only the nearest.
    prefix
        Text put before each tag, for example "a photo of ".
    """
    chosen = tags.chosen(parent_tags)
    progress(0, None, "texts")
    similarities = _calibrate(vectors @ text.encode(tags.texts(parent_tags, prefix)).T)
    progress.check()
    enough = similarities >= min_similarity
    if not multiple:
        nearest = similarities.argmax(axis=1)[:, None]
        enough &= nearest == np.arange(len(chosen))
    labels = _labels(chosen)
    return [
        _group(np.flatnonzero(enough[:, tag]), similarities[:, tag], labels[tag])
        for tag in range(len(chosen))
    ]


def _calibrate(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map the cosines of images and texts to 0..1: the median to 0, the highest to 1.

    Text and image vectors of one model lie in two narrow cones, so that raw cosines mean nothing
    by themselves and differ between models; the corpus itself gives the scale.
    """
    low, high = float(np.median(cosines)), float(cosines.max())
    if high <= low:
        return np.ones_like(cosines)
    scaled: NDArray[np.float32] = np.clip((cosines - low) / (high - low), 0, 1)
    return scaled


def _group(members: NDArray[np.int64], similarities: NDArray[np.float32], label: str) -> Group:
    return Group(members, label=label, similarities=similarities[members])


def _labels(chosen: Sequence[tuple[str, ...]]) -> list[str]:
    """Name each group after its tag, with the parent's name where two tags share one."""
    names = Counter(path[-1] for path in chosen)
    return [
        path[-1] if names[path[-1]] == 1 or len(path) == 1 else f"{path[-1]} ({path[-2]})"
        for path in chosen
    ]
