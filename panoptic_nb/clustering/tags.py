"""cluster_by_tags: each image goes to the tag whose text is nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from panoptic_nb.clustering.image_text import Pairs, Scale, calibrate, nearest, pairs_from
from panoptic_nb.errors import ParameterError
from panoptic_nb.functions import clustering_function
from panoptic_nb.groups import Group
from panoptic_nb.inputs import SAMPLE, ParentTags, Tags, TextEncoder, Vectors
from panoptic_nb.progress import Progress

#: Images under tags, counted once for each tag: more fill the memory and help nobody.
MAX_TAGGED = 20_000_000


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

    Similarities are cosines of image and text, mapped to 0..1 by a scale that the model's own
    vectors give: see `panoptic_nb.clustering.image_text.calibrate`. It is taken from the whole
    project, so that it means the same in a small cluster as at the root. Of tags that are equally
    near, the first by name gets the image.

    Parameters
    ----------
    tags
        Column of tags or lists of tags.
    min_similarity
        Images whose best tag is less similar stay unassigned. In the whole project, 0 is the usual
        similarity of an image and a tag, 1 that of the images nearest to a tag.
    parent_tags
        use: every tag; combine: the lowest tags, with the names of their parents in the text;
        ignore: the lowest tags alone.
    multiple
        Put an image under every tag that is similar enough, not only the nearest.
    prefix
        Text put before each tag, for example "a photo of ".
    """
    chosen = tags.chosen(parent_tags)
    if not chosen or not len(vectors):
        return []
    texts, text_of = _distinct(text.encode(tags.texts(parent_tags, prefix)))
    sample = vectors[:SAMPLE] if text.sample is None else text.sample
    scale = calibrate(sample, texts, progress)
    progress.note(scale={"low": scale.low, "high": scale.high})
    if multiple:
        pairs = _similar(vectors, texts, scale, min_similarity, progress)
        shown = np.arange(len(chosen))
    else:
        pairs = nearest(vectors, texts, progress)
        shown = np.unique(text_of, return_index=True)[1]
        _say_same_texts(chosen, text_of, progress)
    members = _by_text(pairs, scale, min_similarity, len(texts))
    labels = _labels(chosen)
    return [Group(members[text_of[tag]][0], labels[tag], members[text_of[tag]][1]) for tag in shown]


def _distinct(
    vectors: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the vectors without repeats, and which of them each one is.

    Tags of one name under two parents have the same text, and some models read no capitals. The
    cosines of equal vectors may differ by rounding, which must not choose between their tags.
    """
    numbers: dict[bytes, int] = {}
    which = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in vectors])
    return vectors[np.unique(which, return_index=True)[1]], which


def _similar(
    vectors: NDArray[np.float32],
    texts: NDArray[np.float32],
    scale: Scale,
    min_similarity: float,
    progress: Progress,
) -> Pairs:
    """Return the pairs of image and text that may be similar enough."""
    least = scale.least_cosine(min_similarity)
    pairs = pairs_from(vectors, texts, least, MAX_TAGGED, progress)
    if pairs is None:
        raise ParameterError.of(
            "min_similarity",
            f"More than {MAX_TAGGED:,} times a tag would get an image at a similarity of at least "
            f"{min_similarity}: raise min_similarity.",
            key="too_many_tagged",
            limit=MAX_TAGGED,
            min_similarity=min_similarity,
        )
    return pairs


def _by_text(
    pairs: Pairs, scale: Scale, min_similarity: float, count: int
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Return the images of each text that are similar enough, ascending, and how similar."""
    images, texts, cosines = pairs
    similarities = scale.similarity(cosines)
    # In float64, or a float32 just below the minimum would pass for it.
    enough = np.flatnonzero(similarities.astype(np.float64) >= min_similarity)
    order = enough[np.argsort(texts[enough], kind="stable")]
    starts = np.cumsum(np.bincount(texts[enough], minlength=count))[:-1]
    return list(
        zip(np.split(images[order], starts), np.split(similarities[order], starts), strict=True)
    )


def _say_same_texts(
    chosen: Sequence[tuple[str, ...]], text_of: NDArray[np.int64], progress: Progress
) -> None:
    """Tell which tags get no image because another has the same text."""
    firsts = np.unique(text_of, return_index=True)[1]
    empty = np.setdiff1d(np.arange(len(chosen)), firsts)
    if len(empty):
        first, second = ("/".join(chosen[tag]) for tag in (firsts[text_of[empty[0]]], empty[0]))
        progress.notice(
            f"The model reads the same text for the tags {first!r} and {second!r}, so their images"
            f" are all under the first (tags left empty for this reason: {len(empty)}). Rename"
            ' them, or use parent_tags="combine".',
            key="same_text",
            first=first,
            second=second,
            tags=len(empty),
        )


def _labels(chosen: Sequence[tuple[str, ...]]) -> list[str]:
    """Name each group after its tag, with the names of its parents where two tags share one."""
    names = Counter(path[-1] for path in chosen)
    return [
        path[-1]
        if names[path[-1]] == 1 or len(path) == 1
        else f"{path[-1]} ({', '.join(reversed(path[:-1]))})"
        for path in chosen
    ]
