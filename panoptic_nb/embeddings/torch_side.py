"""What the encoders that run on torch share: the device, the number format, a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.errors import EncoderError

if TYPE_CHECKING:
    import torch

#: Number formats that can be asked for; "auto" takes the fastest that changes vectors little.
DTYPES = ("auto", "float32", "bfloat16", "float16")
# Cosine distance to float32 that a faster format may have on the made-up images of `probes`.
_CLOSE = 5e-4
# Images at a time on a graphics card, whose memory is faster than what feeds it.
GPU_BATCH = 64


def check_dtype(dtype: str) -> str:
    """Return a number format, or raise EncoderError when there is none of that name."""
    if dtype not in DTYPES:
        raise EncoderError(f"dtype is one of {', '.join(map(repr, DTYPES))}. Got {dtype!r}.")
    return dtype


def find_device(asked: str | None) -> str:
    """Return a device of torch: the one asked for, else a graphics card of CUDA, else "cpu"."""
    import torch

    return asked or ("cuda" if torch.cuda.is_available() else "cpu")


def fastest_dtype(device: str) -> str:
    """Return the number format in which a device is fastest, whatever that does to vectors."""
    import torch

    if device.startswith("cuda"):
        return "float16"  # as fast as bfloat16 and eight times as precise
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bfloat16" if device == "cpu" and has_bf16() else "float32"


def fuse_blocks(tower: torch.nn.Module) -> None:
    """Join the branches of blocks that have several in training (MobileCLIP's), once and for all.

    The vectors stay the same but for rounding; a convolution net gains a third of its time.
    """
    if any(hasattr(block, "reparameterize") for block in tower.modules()):
        from timm.utils.model import reparameterize_model

        reparameterize_model(tower, inplace=True)


def choose_dtype(
    dtype: str, device: str, tower: torch.nn.Module, encode: Callable[[torch.dtype], Any]
) -> torch.dtype:
    """Bring a model to a number format, and return it.

    For "auto" that is the fastest format of the device if it holds the vectors of a few made-up
    images, measured on these very weights; else float32. Transformers do, EfficientNet does not.

    Parameters
    ----------
    dtype
        One of `DTYPES`.
    device
        Where the tower is.
    tower
        The part of the model that sees images, in float32; changed in place.
    encode
        Returns the vectors of `probes`, given the format that pixels must have.
    """
    import torch

    wanted = getattr(torch, fastest_dtype(device) if dtype == "auto" else dtype)
    if dtype != "auto" or wanted is torch.float32:
        tower.to(wanted)
        return wanted  # type: ignore[no-any-return]
    weights = {name: value.clone() for name, value in tower.state_dict().items()}
    with single_thread():  # two images are done before several threads have found each other
        exact = encode(torch.float32)
        tower.to(wanted)
        if _distance(exact, encode(wanted)) < _CLOSE:
            return wanted  # type: ignore[no-any-return]
    tower.to(torch.float32)
    tower.load_state_dict(weights)
    return torch.float32


@contextmanager
def single_thread() -> Iterator[None]:
    """Let torch use no further threads in this thread, and in those that begin meanwhile."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def probes() -> list[Image.Image]:
    """Return made-up images, always the same: soft patches of colour, fine and coarse."""
    random = np.random.default_rng(0)
    return [
        Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8)).resize(
            (320, 320), Image.Resampling.BICUBIC
        )
        for side in (3, 24)
    ]


def to_device(batch: torch.Tensor, device: str, dtype: torch.dtype) -> torch.Tensor:
    """Bring pixels to where the model is, through memory that a graphics card reads by itself."""
    import torch

    batch = batch.to(dtype, memory_format=torch.channels_last)
    if device.startswith("cuda"):
        return batch.pin_memory().to(device, non_blocking=True)
    return batch.to(device)


def as_array(features: torch.Tensor) -> NDArray[np.float32]:
    """Return the result of a model as float32 in memory."""
    array: NDArray[np.float32] = features.float().cpu().numpy()
    return array


def hash_weights(model: torch.nn.Module) -> str:
    """Return the first 16 digits of the sha256 of all weights of a model."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the largest cosine distance of rows; infinity where it cannot be computed."""
    with np.errstate(all="ignore"):
        cosine = (one * other).sum(axis=1, dtype=np.float64)
        cosine /= np.linalg.norm(one.astype(np.float64), axis=1)
        cosine /= np.linalg.norm(other.astype(np.float64), axis=1)
    return float(np.nan_to_num(1 - cosine, nan=np.inf).max())
