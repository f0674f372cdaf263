from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.collection import Collection

SHA1 = sorted(hashlib.sha1(str(number).encode()).hexdigest() for number in range(6))
#: As many rows as images, or more.
rows_of_images = st.one_of(
    st.permutations(SHA1),
    st.lists(st.sampled_from(SHA1), min_size=1, max_size=12),
)


def collection(sha1: list[str]) -> Collection:
    return Collection(sha1, pd.RangeIndex(len(sha1)))


@given(rows_of_images, st.data())
def test_images_are_the_distinct_contents_and_know_their_rows(
    sha1: list[str], data: st.DataObject
) -> None:
    images = collection(sha1)
    assert images.sha1 == sorted(set(sha1))
    assert [images.sha1[image] for image in images.image_of_row] == sha1
    chosen = data.draw(st.permutations(range(len(images))))
    chosen = np.array(chosen[: data.draw(st.integers(0, len(images)))], np.int64)
    rows = [[r for r, value in enumerate(sha1) if value == images.sha1[i]] for i in chosen]
    assert images.rows_by_image(chosen).tolist() == [row for part in rows for row in part]
    assert images.count_rows_each(chosen).tolist() == [len(part) for part in rows]
    assert images.count_rows(chosen) == sum(map(len, rows))
    assert images.first_rows[chosen].tolist() == [part[0] for part in rows]


@given(rows_of_images, st.lists(st.sampled_from(SHA1)))
def test_an_image_is_found_by_its_sha1(sha1: list[str], asked: list[str]) -> None:
    images = collection(sha1)
    known = {value: position for position, value in enumerate(images.sha1)}
    assert images.positions(asked).tolist() == [known.get(value, -1) for value in asked]


@given(st.data())
def test_the_hash_of_images_is_that_of_all_versions(data: st.DataObject) -> None:
    """Records of before hold it: sha256 of the sha1 as text, a line for each."""
    images = collection(SHA1)
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(SHA1))))))
    text = "\n".join(SHA1[at] for at in chosen)
    wanted = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert images.hash(np.array(chosen, np.int64)) == wanted
