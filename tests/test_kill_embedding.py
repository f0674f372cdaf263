"""Kernels that are killed while they compute vectors: what is finished is never done again.

``PANOPTIC_NB_EMBED_KILLS`` says how many are killed, 6 of each kind unless it is set.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import embedded
import numpy as np
import pytest
from embedded import BATCH, Logged
from test_kill import process

import panoptic_nb as pn

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

KILLS = int(os.environ.get("PANOPTIC_NB_EMBED_KILLS", "6"))
#: Images for each kernel, about as many as it does before it is killed.
EACH = 60


def computed(log: Path) -> list[int]:
    """Return the numbers of the images that were given to the encoder."""
    return [int(number) for number in log.read_text().split()] if log.exists() else []


def kill_one(source: Path, log: Path, thread_safe: bool, chance: random.Random) -> None:
    """Let a kernel embed, and kill it when it has done a random number of images."""
    until = len(computed(log)) + chance.randrange(EACH)
    with process(embedded.work, str(source), str(log), thread_safe) as (kernel, hears):
        assert hears.poll(60)
        while kernel.is_alive() and len(computed(log)) < until:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.005))  # no wait: this is what kills it anywhere
    assert kernel.exitcode in (0, -signal.SIGKILL), "it failed by itself"


def stored(project: pn.Project) -> set[int]:
    """Return the numbers of the images that have a vector, each being that of its image."""
    if "logged" not in project.vector_sets:
        return set()
    vectors = project.vectors("logged")
    numbers = np.array([int(path.stem) for path in project.paths])
    there = ~np.isnan(vectors[:, 0])
    expected = np.array([embedded.colour(number) for number in numbers], np.float64)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors[there], expected[there], atol=1e-6)
    return set(numbers[there].tolist())


@pytest.mark.parametrize("thread_safe", [False, True])
def test_a_killed_kernel_loses_one_batch_at_most(tmp_path: Path, thread_safe: bool) -> None:
    chance = random.Random(KILLS)
    source, log = tmp_path / "images", tmp_path / "log"
    count = KILLS * EACH // 2
    embedded.write_images(source, count)
    pn.open_project(source, tmp_path / "project").close()
    for done in range(1, KILLS + 1):
        kill_one(source, log, thread_safe, chance)
        with pn.open_project(source, tmp_path / "project") as project:
            there, given = stored(project), computed(log)
        assert there <= set(given)
        assert len(given) - len(there) <= done * BATCH, "more than one batch a round was lost"
    with pn.open_project(source, tmp_path / "project") as project:
        project.embed(Logged(log, thread_safe), batch_size=BATCH)
        assert stored(project) == set(range(count))
    times = Counter(computed(log))
    assert times.keys() == set(range(count))
    assert times.total() - count <= KILLS * BATCH
