"""Figures as ratios to a named peer, measured in turns within one run; the table at the end.

Run them with ``python3 dev.py bench``; further arguments go to pytest, for example ``-k kmeans``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data import Corpus, clustered

sys.path.append(str(Path(__file__).parents[1] / "browser"))  # the page object of JupyterLab

ROWS: list[tuple[str, ...]] = []
HEAD = ("what", "panoptic_nb", "peer", "ratio", "wanted", "")


class Table:
    """Collects the lines of the table."""

    def add(self, what: str, ours: float, peer: str, theirs: float, bound: str) -> None:
        """Add a figure of ours beside that of a peer; `bound` is "<= 1.0" or ">= 0.97"."""
        ratio = ours / theirs if theirs else np.inf
        sign, limit = bound.split()
        kept = ratio <= float(limit) if sign == "<=" else ratio >= float(limit)
        figures = (f"{ours:.4g}", f"{peer} {theirs:.4g}", f"{ratio:.3f}", bound)
        ROWS.append((what, *figures, "" if kept else "MISSED"))

    def note(self, what: str, value: str, wanted: str, kept: bool) -> None:
        """Add a figure that has no peer."""
        ROWS.append((what, value, "", "", wanted, "" if kept else "MISSED"))


@pytest.fixture(scope="session")
def table() -> Table:
    return Table()


@pytest.fixture
def paired(benchmark: Any) -> Callable[..., tuple[float, float]]:
    """Return a function that times ours and the peer in turns: median seconds of both."""

    def measure(
        ours: Callable[[], object], peer: Callable[[], object], rounds: int
    ) -> tuple[float, float]:
        peer_seconds = []

        def time_the_peer() -> None:
            start = time.perf_counter()
            peer()
            peer_seconds.append(time.perf_counter() - start)

        benchmark.pedantic(ours, setup=time_the_peer, rounds=rounds)
        seconds = float(np.median(benchmark.stats.stats.data)), float(np.median(peer_seconds))
        benchmark.extra_info["ratio to the peer"] = seconds[0] / seconds[1]
        return seconds

    return measure


@pytest.fixture(scope="session")
def made_up() -> Iterator[Callable[[int], Corpus]]:
    """Return a function that makes vectors of some size, the last one kept."""
    kept: dict[int, Corpus] = {}

    def make(n: int) -> Corpus:
        if n not in kept:
            kept.clear()
            kept[n] = clustered(n)
        return kept[n]

    yield make
    kept.clear()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not ROWS:
        return
    terminalreporter.section("ratios")
    for row in (HEAD, ("---",) * len(HEAD), *ROWS):
        terminalreporter.write_line("| " + " | ".join(row) + " |")
