from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from panoptic_nb.errors import BusyError, Cancelled, PanopticError
from panoptic_nb.jobs import Job, Jobs

LIMIT = 10.0


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def start(jobs: Jobs, work: Callable[[Job], object]) -> list[PanopticError]:
    errors: list[PanopticError] = []
    jobs.start("function", "work", None, work, errors.append)
    return errors


def until_cancelled(job: Job) -> None:
    while True:
        job(1, 2)
        time.sleep(0.001)


def test_work_in_the_cell_returns_its_result_and_frees_the_place(jobs: Jobs) -> None:
    assert jobs.run("function", "work", None, lambda job: job.title) == "work"
    with pytest.raises(ValueError, match="inside"):
        jobs.run("function", "work", None, lambda job: int("inside"))
    assert jobs.current is None


def test_progress_reaches_whoever_listens(jobs: Jobs) -> None:
    seen: list[tuple[float, float]] = []

    def listen() -> None:
        if jobs.current:
            seen.append((jobs.current.done, jobs.current.total or 0))

    jobs.changed.connect(listen)
    start(jobs, lambda job: [job(i, 3) for i in range(4)])
    wait_for(lambda: jobs.current is None)
    assert seen == sorted(seen) and seen[-1] == (3, 3)


def test_a_second_job_is_refused_by_name(jobs: Jobs) -> None:
    release = threading.Event()
    start(jobs, lambda job: release.wait(LIMIT))
    with pytest.raises(BusyError, match="'work' is still running"):
        start(jobs, until_cancelled)
    release.set()
    wait_for(lambda: jobs.current is None)


def test_work_in_a_cell_waits_its_turn(jobs: Jobs) -> None:
    order: list[str] = []
    started = threading.Event()

    def first(job: Job) -> None:
        started.set()
        time.sleep(0.1)
        order.append("thread")

    start(jobs, first)
    started.wait(LIMIT)
    jobs.run("function", "cell", None, lambda job: order.append("cell"))
    assert order == ["thread", "cell"]


def test_cancel_ends_work_that_listens(jobs: Jobs) -> None:
    errors = start(jobs, until_cancelled)
    jobs.cancel()
    wait_for(lambda: jobs.current is None and bool(errors))
    assert isinstance(errors[0], Cancelled)


def test_cancel_goes_on_without_work_that_does_not_listen(jobs: Jobs) -> None:
    release = threading.Event()
    refused: list[Cancelled] = []

    def deaf(job: Job) -> None:
        release.wait(LIMIT)
        try:
            job.check()
        except Cancelled as error:
            refused.append(error)
            raise

    errors = start(jobs, deaf)
    before = time.monotonic()
    jobs.cancel()
    wait_for(lambda: jobs.current is None)
    assert time.monotonic() - before < 1
    # The place is free although the thread still runs; what it returns later is thrown away.
    assert jobs.run("function", "next", None, lambda job: 1) == 1
    release.set()
    wait_for(lambda: bool(refused))
    assert len(errors) == 1


def test_an_error_in_a_thread_is_one_sentence_with_its_cause(jobs: Jobs) -> None:
    errors = start(jobs, lambda job: int("x"))
    wait_for(lambda: bool(errors))
    assert "work failed: ValueError" in str(errors[0])
    assert isinstance(errors[0].__cause__, ValueError)


def test_the_bar_of_a_cell_counts_from_the_phase_that_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("panoptic_nb.jobs.time.time", lambda: now[0])
    shown: list[dict[str, Any]] = []

    def work(job: Job) -> None:
        job.bar._time = lambda: now[0]
        job.report(0, 200, "loading the model")
        now[0] += 60
        job.report(0, 200, "Computing vectors")
        now[0] += 10
        job.report(100, 200, "Computing vectors")
        shown.append(job.bar.format_dict)

    Jobs().run("embed", "Computing vectors", None, work)
    [bar] = shown
    assert (bar["n"], bar["total"], bar["elapsed"]) == (100, 200, 10), "10 images a second"
    assert bar["prefix"] == "Computing vectors"
