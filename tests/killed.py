"""What the processes do that `test_kill` kills: imported by the server that forks them.

Each makes states that are numbered, and says the number once a state is reached: whatever is found
after a kill is of a number that was said last, or of the next one, and of no other.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

import panoptic_nb as pn
from panoptic_nb.tree import ROOT, Members, ScoredGroup, Tree

tqdm.set_lock(threading.RLock())  # its own is a semaphore that a killed process leaves behind
DIM = 8
#: Sizes of the images are told apart by the encoder.
COUNT = 24


def opened(source: Path) -> pn.Project:
    return pn.open_project(source, source.with_name("project"))


def write_images(source: Path) -> None:
    source.mkdir()
    for number in range(COUNT):
        Image.new("RGB", (30 + number, 40), (10 * number, 0, 0)).save(source / f"{number:02}.png")


def tree_of(project: pn.Project, number: int) -> Tree:
    """Return the tree of a number: its name and its images tell which."""
    members: Members = np.arange(len(project.images), dtype=np.int64)
    groups = [ScoredGroup(members[number % 5 :: 5], f"first {number}")]
    groups += [ScoredGroup(members[(number + 1) % 5 :: 5], f"second {number}")]
    return project.tree.with_groups(ROOT, groups)


def encode(images: list[Image.Image]) -> np.ndarray:
    """Return a vector that tells the image."""
    return np.array([[image.width, *range(1, DIM)] for image in images], np.float32)


def work(source: str, kind: str, start: int, said: Connection) -> None:
    """Open a project, and do things of a kind until one is killed."""
    warnings.simplefilter("ignore")
    project = opened(Path(source))
    said.send("open")
    for number in itertools.count(start):
        DO[kind](project, number)
        said.send(number)


def save(project: pn.Project, number: int) -> None:
    project.restore(tree_of(project, number))
    project.df["number"] = number
    project.save_clustering("saved", replace=True)


def undo(project: pn.Project, number: int) -> None:
    """Save at even numbers, take it back at odd ones."""
    if number % 2:
        project.undo()
    else:
        project.restore(tree_of(project, number))
        project.save_clustering("saved", replace=True)


def autosave(project: pn.Project, number: int) -> None:
    project.restore(tree_of(project, number))
    if number % 4 == 0:
        project.flush()


def stamp(project: pn.Project, number: int) -> None:
    project.stamp(np.ones(COUNT, bool), "mine", f"tags/{number}", "set", "tag")
    if number % 7 == 0:
        project.save()  # the journal goes into the table


def value(project: pn.Project, number: int) -> None:
    project.set_value(np.ones(COUNT, bool), "number", number)


def embed(project: pn.Project, number: int) -> None:
    if number % 3:
        project.embed(encode, batch_size=3)
    elif "encode" in project.vector_sets:
        project.delete_vectors("encode")


DO = {"save": save, "undo": undo, "autosave": autosave, "stamp": stamp}
DO |= {"value": value, "embed": embed}


def hold(source: str, said: Connection) -> None:
    """Open a project, fork, and wait."""
    project = opened(Path(source))
    child = os.fork()
    if child:
        said.send(child)
    signal.pause()
    project.close()


def number_of(column: pd.Series) -> int:
    """Return the one number in the names of a column."""
    numbers = {int(str(value).rpartition(" ")[2].rpartition("/")[2]) for value in column.dropna()}
    [number] = numbers
    return number
