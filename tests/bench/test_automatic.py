"""compute_clusters with -1, beside HDBSCAN and EVoC."""

from __future__ import annotations

from typing import Any

import numpy as np
import peers
import pytest
from data import real
from ours import Runner
from sklearn.metrics import adjusted_mutual_info_score

from panoptic_nb.clustering.automatic import automatic

#: The best agreement of any method that was tried before this one was written, k-means with the
#: true number of folders among them: levels 1 and 2.
BEST = {"stamps": (0.452, 0.526), "clip-art": (0.269, 0.352), "emoji": (0.434, 0.493)}


@pytest.mark.parametrize("name", BEST)
def test_agreement_with_the_folders(name: str, table: Any) -> None:
    corpus = real(name)
    labels = automatic(corpus.vectors, 0)
    others = {"HDBSCAN": peers.hdbscan(corpus.vectors), "EVoC": peers.evoc(corpus.vectors)}
    levels = (corpus.level_1, corpus.level_2)
    for level, (truth, best) in enumerate(zip(levels, BEST[name], strict=True), 1):
        mine = adjusted_mutual_info_score(truth, labels)
        what = f"AMI, {name}, level {level}"
        table.add(what, mine, "best known", best, ">= 0.97")
        for peer, found in others.items():
            table.add(what, mine, peer, adjusted_mutual_info_score(truth, found), ">= 1.0")
    share = float((labels < 0).mean())
    table.note(f"unassigned, {name}", f"{share:.1%}", "<= 2 %", share <= 0.02)


@pytest.mark.parametrize(("peer", "bound"), [("hdbscan", "<= 0.2"), ("evoc", "<= 1.0")])
def test_20_000_images(peer: str, bound: str, made_up: Any, paired: Any, table: Any) -> None:
    vectors = made_up(20_000).vectors
    call = getattr(peers, peer)
    call(vectors[:5000])  # compiled
    seconds = paired(lambda: automatic(vectors, 0), lambda: call(vectors), rounds=3)
    table.add("automatic, 20,000 images, s", seconds[0], peer, seconds[1], bound)


def test_100_000_images(made_up: Any, paired: Any, table: Any) -> None:
    vectors = made_up(100_000).vectors
    few = vectors[np.sort(np.random.default_rng(0).permutation(len(vectors))[:20_000])]
    seconds = paired(lambda: automatic(vectors, 0), lambda: automatic(few, 0), rounds=3)
    what = "automatic, 100,000 images, s"
    table.add(what, seconds[0], "5 x 20,000 images", 5 * seconds[1], "<= 3.0")


def test_1_000_000_images(made_up: Any, benchmark: Any, table: Any) -> None:
    ours = Runner(made_up(1_000_000).vectors)
    split = benchmark.pedantic(ours.split, ("compute_clusters",), {"nb_clusters": -1}, rounds=1)
    seconds = benchmark.stats.stats.data[0]
    found = f"{seconds:.0f} s, {len(split.groups)} clusters"
    table.note("automatic, 1,000,000 images", found, "to the end", True)
