from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.errors import Cancelled
from panoptic_nb.progress import Progress


def blas_threads() -> set[int]:
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


@given(st.integers(0, 500), st.integers(1, 60))
def test_blocks_cover_every_row_once(n: int, rows: int) -> None:
    covered = [row for block in row_blocks(n, rows) for row in range(n)[block]]
    assert covered == list(range(n))


def test_results_come_in_the_order_of_the_blocks() -> None:
    first_may_end = threading.Event()

    def work(block: int) -> int:
        if block == 0:
            first_may_end.wait(5)
        else:
            first_may_end.set()
        return block

    with threadpool_limits(2, user_api="blas"):
        assert list(map_blocks(work, range(20), Progress())) == list(range(20))


def test_each_product_runs_in_one_thread_and_the_limit_of_before_comes_back() -> None:
    before = blas_threads()
    seen = list(map_blocks(lambda _: blas_threads(), range(4), Progress()))
    assert set().union(*seen) == {1}
    assert blas_threads() == before
    with ThreadPoolExecutor(4) as pool:  # several projects at once
        list(pool.map(lambda _: list(map_blocks(lambda _: 0, range(50), Progress())), range(8)))
    assert blas_threads() == before


def test_a_failing_block_ends_the_work_and_gives_the_threads_back() -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError):
        list(map_blocks(lambda block: 1 // (block - 3), range(1000), Progress()))
    assert blas_threads() == before


def test_a_cancel_ends_the_work_between_two_blocks() -> None:
    progress = Progress()
    seen = []

    def work(block: int) -> None:
        seen.append(block)
        progress.cancel()

    with pytest.raises(Cancelled):
        list(map_blocks(work, range(1000), progress))
    assert len(seen) < 20


def test_products_are_the_same_to_the_bit_with_one_thread_and_with_two() -> None:
    random = np.random.default_rng(0)
    a = random.normal(size=(5000, 96)).astype(np.float32)
    b = random.normal(size=(37, 96)).astype(np.float32)

    def product() -> bytes:
        blocks = row_blocks(len(a), 512)
        return b"".join(
            (part).tobytes() for part in map_blocks(lambda s: a[s] @ b.T, blocks, Progress())
        )

    with threadpool_limits(1):
        alone = product()
    with threadpool_limits(2):
        assert product() == alone
