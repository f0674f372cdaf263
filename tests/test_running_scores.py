from __future__ import annotations

import numpy as np
import pytest
from fixtures import blobs

from panoptic_nb import running_scores
from panoptic_nb.running_scores import RunningScores
from panoptic_nb.scores import score_members


@pytest.mark.parametrize("spread", [0.5, 0.01])
def test_the_score_follows_what_comes_and_goes(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_scores, "SMALL", 10)
    vectors = blobs((200, 200) if spread > 0.1 else (400,), spread=spread)
    vectors[::17] = np.nan
    random = np.random.default_rng(0)
    scores, members = RunningScores(), np.arange(150)
    for _ in range(50):
        came = random.choice(400, random.integers(0, 9))
        gone = random.choice(members, random.integers(0, 9))
        members = np.setdiff1d(np.union1d(members, came), gone)
        expected = score_members(vectors, members)
        assert scores.score(1, vectors, members) == pytest.approx(expected, rel=1e-4)


def test_only_what_changed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = blobs((4000, 4000), spread=0.5)
    scores, read = RunningScores(), []
    real = running_scores.means

    def counting(vectors: np.ndarray, rows: np.ndarray) -> object:
        read.append(len(rows))
        return real(vectors, rows)

    monkeypatch.setattr(running_scores, "means", counting)
    scores.score(1, vectors, np.arange(6000))
    scores.score(1, vectors, np.arange(100, 6003))
    assert read == [6000, 3, 100]
    other = vectors[::-1].copy()  # other vectors of that name
    assert scores.score(1, other, np.arange(6000)) == pytest.approx(
        score_members(other, np.arange(6000)), rel=1e-4
    )


def test_nothing_with_a_vector_has_no_score() -> None:
    vectors = np.full((5, 3), np.nan, np.float32)
    assert RunningScores().score(1, vectors, np.arange(5)) is None
