"""What runs in the processes that `test_kill_embedding` kills."""

from __future__ import annotations

import os
import threading
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

import panoptic_nb as pn

tqdm.set_lock(threading.RLock())  # its own is a semaphore that a killed process leaves behind
BATCH = 8


def write_images(source: Path, count: int) -> None:
    """Write images whose one colour is their number."""
    source.mkdir()
    for number in range(count):
        Image.new("RGB", (40, 30), colour(number)).save(source / f"{number:05}.png")


def colour(number: int) -> tuple[int, int, int]:
    return number // 256, number % 256, 100


class Logged:
    """An encoder that notes every image in a file, before it gives the vector away.

    Parameters
    ----------
    log
        The file; the numbers of the images of a call become one line.
    thread_safe
        Whether every core calls it at once.
    """

    name, spec, dim, has_text, model_hash = "logged", "", 3, False, "0123456789abcdef"

    def __init__(self, log: Path, thread_safe: bool) -> None:
        self.log = log
        self.thread_safe = thread_safe

    def encode_images(self, images: list[Image.Image]) -> NDArray[np.float32]:
        colours = np.array([image.getpixel((0, 0)) for image in images], np.float32)
        numbers = [int(256 * red + green) for red, green, _ in colours]
        line = " ".join(map(str, numbers)) + "\n"
        file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())  # all of it or nothing, whatever kills the process
        os.close(file)
        return colours

    def encode_texts(self, texts: list[str]) -> NDArray[np.float32]:
        raise NotImplementedError


def work(source: str, log: str, thread_safe: bool, said: Connection) -> None:
    """Open the project and embed what is missing."""
    warnings.simplefilter("ignore")
    project = pn.open_project(source, Path(source).with_name("project"))
    said.send("open")
    project.embed(Logged(Path(log), thread_safe), batch_size=BATCH)
