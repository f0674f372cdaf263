"""The tags of a column: what stands above and below, and what every change keeps."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.errors import TagError
from panoptic_nb.tag_colours import COLOURS
from panoptic_nb.tagset import TagSet

ANY = st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=5)
#: Of any characters, with one at least that can be seen.
NAMES = st.tuples(ANY, st.sampled_from(["x", "é", "<b>", "א", "😀", ";,"]), ANY).map("".join)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_carries_white_text() -> None:
    assert len(set(COLOURS)) == 12
    assert all(1.05 / (luminance(colour) + 0.05) >= 4.5 for colour in COLOURS)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3)))
def test_names_of_any_kind_are_kept_and_come_back_from_json(paths: list[list[str]]) -> None:
    tags = TagSet.of("/".join(path) for path in paths)
    expected = {
        "/".join(name.strip() for name in path[:depth])
        for path in paths
        for depth in range(1, len(path) + 1)
    }
    assert set(tags) == expected
    assert TagSet.from_json(json.loads(json.dumps(tags.to_json()))) == tags


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "a/b", "\ud800", 3, None])
def test_what_cannot_be_a_name_is_refused(name: object) -> None:
    tags = TagSet.of(["a"])
    with pytest.raises(TagError):
        tags.renamed("a", name)  # type: ignore[arg-type]
    assert list(tags) == ["a"]


def test_a_name_is_enough_where_one_tag_alone_has_it() -> None:
    tags = TagSet.of(["France/Paris", "USA/Texas/Paris", "USA/Texas/Dallas"])
    assert tags.path("Dallas") == "USA/Texas/Dallas"
    with pytest.raises(TagError, match=r"Several tags.*'France/Paris', 'USA/Texas/Paris'"):
        tags.find("Paris")
    with pytest.raises(TagError, match="no tag 'Rome'"):
        tags.find("Rome")


def test_the_first_parent_gives_the_path_and_every_parent_counts() -> None:
    tags = TagSet.of(["Animals/birds/robin", "Flying", "Small"])
    tags = tags.with_parents("birds", ["Flying", "Animals"])
    assert tags.path("robin") == "Flying/birds/robin"
    assert set(tags.ancestors("robin")) == {"Flying/birds", "Flying", "Animals"}
    assert tags.descendants("Animals") == ["Flying/birds", "Flying/birds/robin"]
    assert tags.with_parents("birds", []).path("robin") == "birds/robin"


def test_a_cycle_is_refused_however_long() -> None:
    tags = TagSet.of(["a/b/c", "d"]).with_parents("d", ["a/b/c"])
    for parent in ("a", "b", "c", "d"):
        with pytest.raises(TagError, match="cannot be a parent of 'a'"):
            tags.with_parents("a", [parent])


def test_a_path_is_never_that_of_two_tags() -> None:
    tags = TagSet.of(["a/x", "b/x", "x"])
    for change in (
        lambda: tags.with_parents("a/x", ["b"]),
        lambda: tags.renamed("a", "b"),
        lambda: tags.without("a"),
        lambda: tags.merged(["a", "b"]),
    ):
        with pytest.raises(TagError, match="two tags"):
            change()


def test_of_merged_tags_the_first_stays_under_the_parents_of_all() -> None:
    tags = TagSet.of(["Animals/birds/robin", "Flying/aves/gull", "kept"])
    after, moves = tags.merged(["birds", "aves"])
    assert moves == {"Flying/aves": "Animals/birds", "Flying/aves/gull": "Animals/birds/gull"}
    assert after.parents("birds") == ["Animals", "Flying"]
    assert set(after.children("birds")) == {"Animals/birds/robin", "Animals/birds/gull"}
    with pytest.raises(TagError, match="two or more"):
        tags.merged(["birds", "Animals/birds"])


DAGS = st.lists(st.lists(st.integers(0, 30), max_size=3), min_size=1, max_size=8)


def tags_of(dag: list[list[int]]) -> TagSet:
    """Return tags of which each stands under some of those before it."""
    tags = TagSet.of(str(at) for at in range(len(dag)))
    for at, parents in enumerate(dag):
        names = [str(parent % at) for parent in parents] if at else []
        tags = tags.with_parents(str(at), list(dict.fromkeys(names)))
    return tags


@given(DAGS, st.data())
def test_every_merge_keeps_all_ancestors_and_makes_no_cycle(
    dag: list[list[int]], data: st.DataObject
) -> None:
    tags = tags_of(dag)
    names = [str(at) for at in range(len(dag))]
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    if len(chosen) < 2:
        return
    after, moves = tags.merged(chosen)
    assert len(after) == len(tags) - len(chosen) + 1

    merged = {tags.path(name) for name in chosen}
    for path in tags:
        now = moves.get(path, path)
        above = after.ancestors(now)
        assert now not in above, "a cycle"
        for other in tags.ancestors(path):
            there = moves.get(other, other)
            # What stood between two merged tags cannot stay above the one that they became.
            between = merged & set(tags.ancestors(other)) and path in merged
            assert there == now or there in above or between


@given(DAGS, st.integers(0, 7))
def test_what_stood_below_a_removed_tag_stays(dag: list[list[int]], which: int) -> None:
    tags = tags_of(dag)
    name = str(which % len(dag))
    after = tags.without(name)
    assert {path.split("/")[-1] for path in after} == {str(at) for at in range(len(dag))} - {name}


def test_ids_are_never_given_again() -> None:
    tags = TagSet.of(["a", "b"])
    again = tags.without("b").with_paths(["c"])
    assert again.find("c") not in tags.tags


def test_a_colour_is_one_of_twelve() -> None:
    tags = TagSet.of(["a"])
    assert tags.recoloured("a", 11).tags[1].colour == 11
    for colour in (-1, 12, True, "red"):
        with pytest.raises(TagError, match="0 to 11"):
            tags.recoloured("a", colour)  # type: ignore[arg-type]


def test_a_chain_of_a_thousand_parents_is_no_problem() -> None:
    tags = TagSet.of(["/".join(str(depth) for depth in range(2000))])
    assert len(tags.ancestors("1999")) == 1999
