"""Embedding on two Dask processes, beside one single-threaded one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster
from photos import write_photos

from panoptic_nb.embeddings import embed_images, resolve_encoder
from panoptic_nb.images import file_sha1
from panoptic_nb.store import MediaStore

COUNT = int(os.environ.get("PANOPTIC_NB_ON_DASK", "400"))


@pytest.fixture
def client() -> Iterator[Client]:
    """Two workers of one thread each."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as connected,
    ):
        yield connected


def test_two_workers_beside_one(client: Client, tmp_path: Path, paired: Any, table: Any) -> None:
    paths = write_photos(tmp_path / "photos", COUNT, 0.3)
    items = sorted((file_sha1(path), path) for path in paths)
    turn = itertools.count()
    two = list(client.scheduler_info()["workers"])

    def embed(on: Client) -> None:
        store = MediaStore(tmp_path / f"store-{next(turn)}" / "media.sqlite")
        report = embed_images(store, resolve_encoder("efficientnet-lite0"), items, client=on)
        assert report.done == len(items)
        store.close()

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as single,
        Client(single) as one,
    ):
        embed(one)
        embed(client)  # the weights are loaded
        assert len(two) == 2
        seconds = paired(lambda: embed(client), lambda: embed(one), rounds=3)
    table.add(
        f"embedding {COUNT} images, 2 workers, s", seconds[0], "1 worker", seconds[1], "<= 0.625"
    )
