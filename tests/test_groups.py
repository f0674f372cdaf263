from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.errors import FunctionError
from panoptic_nb.groups import Group, as_groups


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=40))
def test_labels_become_groups_that_partition_the_assigned_images(labels: list[int]) -> None:
    groups = as_groups(labels, len(labels), "f")
    members = [int(m) for group in groups for m in group.members]
    assert sorted(members) == [i for i, label in enumerate(labels) if label >= 0]
    for group in groups:
        assert len({labels[m] for m in group.members}) == 1


def test_a_mapping_gives_named_groups() -> None:
    groups = as_groups({"dark": [0, 2], "light": [1]}, 3, "f")
    assert [(g.label, list(g.members)) for g in groups] == [("dark", [0, 2]), ("light", [1])]


def test_empty_groups_are_left_out() -> None:
    assert as_groups([Group([]), Group([1])], 2, "f")[0].members.tolist() == [1]
    assert as_groups([], 2, "f") == []


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ([0, 1], "shape (2,) for 3 images"),
        ([0.5, 1, 2], "float64"),
        (None, "labels of shape ()"),
        ("abc", "labels of shape ()"),
        ([Group([3])], "outside 0..2"),
        ([Group([-1])], "outside 0..2"),
        ([Group([1, 1])], "the same image twice"),
        ([Group([0, 1], similarities=[1.0])], "1 similarities for 2 images"),
        ([Group([0]), "x"], "'str' among its groups"),
        ([Group([0.5])], "integer positions"),
        ([Group([0], similarities=["a"])], "similarities are no list of numbers"),
        ([Group([0], similarities=[[1], [1, 2]])], "similarities are no list of numbers"),
        ([Group([0], min_similarity="high")], "min_similarity is no number"),
        ([Group([0], min_similarity=float("nan"))], "min_similarity is no number"),
        ([Group([0], min_similarity=[0.5])], "min_similarity is no number"),  # type: ignore[arg-type]
        ([Group([[0], [1, 2]])], "members are no list"),
        ([Group("abc")], "integer positions"),
        ([[0], [1, 2]], "not labels"),
        ({"a": [[0], [1, 2]]}, "members are no list"),
        (np.zeros((3, 1), int), "shape (3, 1)"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(result: object, says: str) -> None:
    with pytest.raises(FunctionError, match="'f' returned") as caught:
        as_groups(result, 3, "f")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
