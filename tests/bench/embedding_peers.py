"""The machine's limit, and a pipeline of the shape of PanopticML 1.0.0's."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from panoptic_nb.embeddings import EfficientNetLite, OpenClip
from panoptic_nb.embeddings.torch_side import single_thread, to_device

Encoder = OpenClip | EfficientNetLite
_BATCH = 32
_REPEATS = 5


def preprocess(encoder: Encoder) -> Callable[[Image.Image], torch.Tensor]:
    """Return the model's own preprocessing."""
    if isinstance(encoder, OpenClip):
        return encoder._loaded().preprocess
    return lambda image: torch.from_numpy(encoder._pixels(image)).permute(2, 0, 1)


def forward(encoder: Encoder) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what makes vectors of a batch of pixels."""
    model: Any
    if isinstance(encoder, OpenClip):
        model = encoder._loaded().model
        return lambda pixels: model.encode_image(pixels)
    model = encoder._loaded().model
    return lambda pixels: model.extract_features(pixels).mean(dim=(2, 3))


def decode_seconds(encoder: Encoder, paths: Sequence[Path]) -> float:
    """Processor seconds of one image: the decoder's own scaling to twice the side, preprocessing.

    Each image is measured by itself, several times; other programs on the machine slow some down.
    """
    make, side = preprocess(encoder), 2 * encoder.image_size

    def decode(path: Path) -> None:
        with Image.open(path) as image:
            scale = side / min(image.size)
            image.draft("RGB", (int(image.width * scale), int(image.height * scale)))
            make(image.convert("RGB"))

    return float(np.mean([_fastest(lambda path=path: decode(path)) for path in paths]))


def forward_seconds(encoder: Encoder) -> float:
    """Processor seconds of one image in a batch as large as the encoder likes."""
    state, run = encoder._loaded(), forward(encoder)
    size = encoder.batch_size
    images = [preprocess(encoder)(Image.new("RGB", (256, 256), (9, 99, 9))) for _ in range(size)]
    pixels = to_device(torch.stack(images), "cpu", state.dtype)
    with torch.inference_mode(), single_thread():
        return _fastest(lambda: run(pixels)) / size


def _fastest(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_REPEATS):
        start = time.thread_time()
        work()
        seconds.append(time.thread_time() - start)
    return min(seconds)


def panoptic_pipeline(encoder: Encoder, paths: Sequence[Path], file: Path) -> None:
    """Decode in threads, encode batches in float32, write in a thread: three stages."""
    make, run = preprocess(encoder), forward(encoder)
    results: queue.Queue[Any] = queue.Queue()

    def decode(path: Path) -> torch.Tensor:
        with Image.open(path) as image:
            return make(image.convert("RGB"))

    def write() -> None:
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE vectors (path TEXT PRIMARY KEY, vector BLOB)")
        while (rows := results.get()) is not None:
            connection.executemany("INSERT INTO vectors VALUES (?, ?)", rows)
            connection.commit()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    with ThreadPoolExecutor() as pool, torch.inference_mode():
        parts = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
        waiting = [pool.submit(decode, path) for path in parts[0]]
        for number, part in enumerate(parts):
            pixels = torch.stack([future.result() for future in waiting])
            following = parts[number + 1] if number + 1 < len(parts) else []
            waiting = [pool.submit(decode, path) for path in following]
            vectors = torch.nn.functional.normalize(run(pixels)).numpy()
            results.put([(str(p), v.tobytes()) for p, v in zip(part, vectors, strict=True)])
    results.put(None)
    writer.join()
