from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from panoptic_nb.errors import ProjectError, VectorError
from panoptic_nb.store import MIGRATIONS, MediaStore
from panoptic_nb.stored_images import FileRow, ImageRow
from panoptic_nb.stored_vectors import VectorSet


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MediaStore]:
    opened = MediaStore(tmp_path / "project" / "media.sqlite")
    yield opened
    opened.close()


def key(number: int) -> str:
    return f"{number:040x}"


def vector_set(name: str = "set", dim: int = 3) -> VectorSet:
    return VectorSet(name, dim, "an encoder", "abc", "2026-01-01T00:00:00+00:00")


def test_files_come_back_and_are_replaced(store: MediaStore) -> None:
    store.add_files([FileRow("/a é", 1, 2**60, key(1)), FileRow("/b", 3, 4, key(1))])
    store.add_files([FileRow("/b", 5, 6, key(2))])
    assert store.known_files() == {"/a é": (1, 2**60, key(1)), "/b": (5, 6, key(2))}


@settings(max_examples=30, deadline=None)
@given(hashes=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_image_facts_come_back(tmp_path_factory: pytest.TempPathFactory, hashes: list[int]) -> None:
    store = MediaStore(tmp_path_factory.mktemp("facts") / "media.sqlite")
    rows = [ImageRow(key(n), n + 1, 2 * n, value, {}) for n, value in enumerate(hashes)]
    store.add_images(rows)
    asked = [key(n) for n in reversed(range(len(hashes)))] + [key(0)]
    facts = store.images(asked)
    assert facts.average_hash.dtype == np.uint64
    assert facts.average_hash.tolist() == [*reversed(hashes), hashes[0]]
    assert facts.width.tolist() == [*range(len(hashes), 0, -1), 1]
    assert facts.height[-1] == 0
    assert store.known_images() == set(asked)
    store.close()


def test_unknown_images_have_zeros(store: MediaStore) -> None:
    facts = store.images([key(1)])
    assert (facts.width[0], facts.height[0], facts.average_hash[0]) == (0, 0, 0)


def test_thumbnail_is_the_smallest_that_is_large_enough(store: MediaStore) -> None:
    store.add_images([ImageRow(key(1), 9, 9, 0, {128: b"small", 256: b"large"})])
    given = {size: store.thumbnails([key(1)], size)[0] for size in (30, 128, 129, 256, 500)}
    assert given == {30: b"small", 128: b"small", 129: b"large", 256: b"large", 500: b"large"}


def test_thumbnails_keep_the_order_asked_for(store: MediaStore) -> None:
    store.add_images([ImageRow(key(n), 9, 9, 0, {128: b"%d" % n}) for n in range(4)])
    assert store.thumbnails([key(3), key(9), key(1), key(3)], 100) == [b"3", None, b"1", b"3"]
    assert store.thumbnails([], 100) == []


@settings(max_examples=30, deadline=None)
@given(
    vectors=hnp.arrays(
        np.float32,
        st.tuples(st.integers(0, 6), st.integers(1, 5)),
        elements=st.floats(allow_nan=False, allow_infinity=False, width=32),
    ),
    seed=st.integers(0, 100),
)
def test_vectors_come_back_bit_for_bit_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, vectors: np.ndarray, seed: int
) -> None:
    store = MediaStore(tmp_path_factory.mktemp("vectors") / "media.sqlite")
    store.create_vector_set(vector_set(dim=vectors.shape[1]))
    keys = [key(n) for n in range(len(vectors))]
    store.add_vectors("set", keys, vectors)
    order = np.random.default_rng(seed).permutation(len(vectors))
    back = store.vectors("set", [*(keys[n] for n in order), key(99)])
    assert back.dtype == np.float32
    assert back[:-1].tobytes() == vectors[order].tobytes()
    assert np.isnan(back[-1]).all()
    store.close()


def test_rows_of_nan_are_no_vector(store: MediaStore) -> None:
    store.create_vector_set(vector_set())
    store.add_vectors("set", [key(0), key(1)], np.array([[np.nan] * 3, [1, 0, 0]], np.float32))
    assert store.without_vector("set", [key(1), key(0), key(2), key(0)]) == [key(0), key(2)]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_whole(store: MediaStore, bad: float) -> None:
    store.create_vector_set(vector_set())
    with pytest.raises(VectorError, match="not finite"):
        store.add_vectors("set", [key(0), key(1)], np.array([[1, 0, 0], [bad, 0, 0]], np.float32))
    assert store.without_vector("set", [key(0)]) == [key(0)]


def test_wrong_shape_unknown_set_and_repeated_name_are_refused(store: MediaStore) -> None:
    store.create_vector_set(vector_set())
    with pytest.raises(VectorError, match=r"shape \(1, 2\); expected \(1, 3\)"):
        store.add_vectors("set", [key(0)], np.zeros((1, 2), np.float32))
    with pytest.raises(VectorError, match=r"no vector set 'other'\. Vector sets: 'set'"):
        store.vectors("other", [])
    with pytest.raises(VectorError, match="already a vector set 'set'"):
        store.create_vector_set(vector_set())


def test_vector_sets_stand_side_by_side_and_one_can_be_deleted(store: MediaStore) -> None:
    first, second = vector_set("first", 1), vector_set("second", 2)
    store.create_vector_set(first)
    store.create_vector_set(second)
    store.add_vectors("first", [key(0)], np.ones((1, 1), np.float32))
    store.add_vectors("second", [key(0)], np.ones((1, 2), np.float32))
    assert store.vector_sets() == {"first": first, "second": second}
    store.delete_vector_set("first")
    assert list(store.vector_sets()) == ["second"]
    assert store.vectors("second", [key(0)]).tolist() == [[1, 1]]
    store.create_vector_set(first)
    assert store.without_vector("first", [key(0)]) == [key(0)]


def test_a_set_is_replaced_whole_or_not_at_all(store: MediaStore) -> None:
    store.replace_vector_set(vector_set(dim=2), [key(1)], np.ones((1, 2), np.float32))
    for wrong in (np.ones((1, 2), np.float32), np.full((1, 3), np.inf, np.float32)):
        with pytest.raises(VectorError):
            store.replace_vector_set(vector_set(dim=3), [key(1)], wrong)
        assert store.vectors("set", [key(1)]).tolist() == [[1, 1]]
    store.replace_vector_set(vector_set(dim=3), [key(2)], np.ones((1, 3), np.float32))
    assert store.vector_sets()["set"].dim == 3
    assert store.without_vector("set", [key(1), key(2)]) == [key(1)]


def test_everything_is_there_after_reopening(store: MediaStore) -> None:
    store.create_vector_set(vector_set())
    store.add_vectors("set", [key(0)], np.array([[1, 2, 3]], np.float32))
    store.close()
    again = MediaStore(store.path)
    assert again.vectors("set", [key(0)]).tolist() == [[1, 2, 3]]
    again.close()


def test_many_images_are_read_without_a_second_copy(store: MediaStore) -> None:
    count, dim = 20_000, 512
    keys = [key(n) for n in range(count)]
    vectors = np.random.default_rng(0).random((count, dim), dtype=np.float32)
    store.create_vector_set(vector_set(dim=dim))
    store.add_vectors("set", keys, vectors)
    tracemalloc.start()
    back = store.vectors("set", keys[::-1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(back, vectors[::-1])
    assert peak < 1.3 * back.nbytes  # the array itself, and the keys as text
    assert store.without_vector("set", [*keys, key(count)]) == [key(count)]


def test_readers_and_a_writer_work_at_once(store: MediaStore) -> None:
    store.create_vector_set(vector_set())
    keys = [key(n) for n in range(2000)]
    errors: list[BaseException] = []
    written = threading.Event()

    def write() -> None:
        try:
            for start in range(0, len(keys), 20):
                part = keys[start : start + 20]
                store.add_vectors("set", part, np.full((20, 3), start, np.float32))
        except BaseException as error:
            errors.append(error)
        finally:
            written.set()

    def read() -> None:
        try:
            while not written.is_set():
                have = ~np.isnan(store.vectors("set", keys)[:, 0])
                # A batch is there as a whole or not at all.
                assert (have.reshape(-1, 20).sum(axis=1) % 20 == 0).all()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=target) for target in (write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert store.without_vector("set", keys) == []


def test_two_stores_may_write_the_same_file(store: MediaStore) -> None:
    other = MediaStore(store.path)
    store.create_vector_set(vector_set("one"))
    other.create_vector_set(vector_set("two"))
    assert list(store.vector_sets()) == list(other.vector_sets()) == ["one", "two"]
    other.close()


def test_close_ends_the_connections_of_all_threads(store: MediaStore) -> None:
    used, closed = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def work() -> None:
        store.vector_sets()
        used.set()
        closed.wait(10)
        try:
            store.vector_sets()
        except ProjectError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert used.wait(10)
    store.close()
    closed.set()
    thread.join()
    assert "closed" in str(caught[0])
    with pytest.raises(ProjectError, match="Open it again"):
        store.known_files()
    assert not store.path.with_name("media.sqlite-wal").exists()  # the last one out cleans up


def test_connections_of_ended_threads_are_closed(store: MediaStore) -> None:
    for _ in range(5):
        thread = threading.Thread(target=store.vector_sets)
        thread.start()
        thread.join()
    assert len(store._database._connections) <= 2


def test_damaged_file_is_moved_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "media.sqlite"
    content = np.random.default_rng(0).bytes(50_000)
    path.write_bytes(content)
    path.with_name("media.sqlite-wal").write_bytes(b"old log")
    with pytest.warns(UserWarning, match="was damaged.*computed again"):
        store = MediaStore(path)
    store.add_files([FileRow("/a", 1, 2, key(1))])
    assert len(store.known_files()) == 1
    store.close()
    assert (tmp_path / "media.sqlite.broken").read_bytes() == content


def test_damage_found_later_is_one_sentence(store: MediaStore) -> None:
    rows = [FileRow(f"/{n}" * 30, 1, 2, key(n)) for n in range(5000)]
    store.add_files(rows)
    store.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(16384 * 6)
        file.write(b"\xff" * (size - 16384 * 6))
    again = MediaStore(store.path)
    with pytest.raises(ProjectError, match=r"is damaged.*delete the file"):
        again.known_files()
    again.close()


def test_empty_file_is_begun(tmp_path: Path) -> None:
    (tmp_path / "media.sqlite").touch()
    store = MediaStore(tmp_path / "media.sqlite")
    assert store.vector_sets() == {}
    store.close()


def test_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "media.sqlite"
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE theirs (a)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="another program"):
        MediaStore(path)
    assert path.read_bytes() == before


def test_file_of_a_newer_version_is_left_alone(store: MediaStore) -> None:
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(ProjectError, match=r"newer version.*pip install --upgrade"):
        MediaStore(store.path)


def test_folder_that_cannot_be_made_is_a_project_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="cannot be used"):
        MediaStore(tmp_path / "file" / "media.sqlite")


def test_closing_lets_a_reader_of_another_thread_end(tmp_path: Path) -> None:
    keys = [key(n) for n in range(3000)]

    def read(store: MediaStore, begun: threading.Event) -> None:
        while True:  # until the store is closed
            store.vectors("set", keys)
            begun.set()

    for round_ in range(10):
        store = MediaStore(tmp_path / f"{round_}.sqlite")
        store.create_vector_set(vector_set(dim=64))
        store.add_vectors("set", keys, np.ones((3000, 64), np.float32))
        begun = threading.Event()

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read, store, begun)
            begun.wait()
            store.close()
            with pytest.raises(ProjectError, match="closed"):
                reading.result()
        with pytest.raises(ProjectError, match="closed"):
            store.vectors("set", keys[:1])
