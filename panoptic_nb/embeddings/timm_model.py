"""Image-only models of the timm package, their classifier taken off."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings import hub, open_clip_errors, torch_side
from panoptic_nb.embeddings.encoder import no_text_side, slug
from panoptic_nb.embeddings.loaded_once import LoadedOnce
from panoptic_nb.errors import EncoderError

if TYPE_CHECKING:
    import torch

#: What the spec of such an encoder begins with.
PREFIX = "timm:"
_CPU_BATCH = 8
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class _Loaded:
    model: Any
    preprocess: Callable[[Image.Image], torch.Tensor]
    model_hash: str
    device: str
    dtype: torch.dtype
    dim: int


class Timm(LoadedOnce[_Loaded]):
    """A model of timm: the features that its classifier would be given.

    Parameters
    ----------
    model
        As ``timm.list_models()`` names it, with or without a tag: "resnet18",
        "vit_small_patch14_dinov2.lvd142m".
    pretrained
        "default" for the weights of the tag, or the model's usual ones: downloaded once, on first
        use, and kept by the hub's cache. Or the path of a weights file (.safetensors, .pt, .pth),
        with or without a classifier. None for random weights (tests).
    device, dtype
        As for `OpenClip`.

    Raises
    ------
    EncoderError
        At once, when there is no such file; on first use, when the package, the model or the
        weights cannot be loaded.

    Examples
    --------
    >>> Timm("resnet18").name
    'timm-resnet18'
    """

    has_text = False
    thread_safe = True

    def __init__(
        self,
        model: str,
        pretrained: str | os.PathLike[str] | None = "default",
        device: str | None = None,
        dtype: str = "auto",
    ) -> None:
        self.model = model
        self.pretrained = None if pretrained is None else str(pretrained)
        if self.pretrained not in (None, "default"):
            self.pretrained = str(Path(str(pretrained)).expanduser())
            if not Path(self.pretrained).is_file():
                raise EncoderError(f"There is no weights file {self.pretrained!r}.")
        self.device = device
        self.dtype = torch_side.check_dtype(dtype)
        self.name = f"timm-{slug(model)}" + self._suffix()
        super().__init__()

    def __repr__(self) -> str:
        return f"Timm({self.model!r}, {self.pretrained!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Timm, (self.model, self.pretrained, self.device, self.dtype)

    def _suffix(self) -> str:
        if self.pretrained == "default":
            return ""
        return "-random" if self.pretrained is None else f"-{slug(Path(self.pretrained).stem)}"

    @property
    def spec(self) -> str:
        """What `resolve_encoder` makes this encoder of; "" for random weights."""
        if self.pretrained is None:
            return ""
        file = "" if self.pretrained == "default" else f":{self.pretrained}"
        return f"{PREFIX}{self.model}{file}"

    @property
    def batch_size(self) -> int:
        """Images at a time."""
        return _CPU_BATCH if self._loaded().device == "cpu" else torch_side.GPU_BATCH

    @property
    def dim(self) -> int:
        """Length of a vector; loads the model."""
        return self._loaded().dim

    @property
    def model_hash(self) -> str:
        """First 16 digits of the sha256 of all weights; loads them."""
        return self._loaded().model_hash

    @property
    def image_size(self) -> int:
        """Side that images are resized to before the crop, in pixels; loads the model."""
        steps = getattr(self._loaded().preprocess, "transforms", ())
        size = getattr(steps[0], "size", 224) if steps else 224
        return int(size if isinstance(size, int) else min(size))

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return the features of RGB images, shape (n, dim)."""
        state = self._loaded()
        if not images:
            return np.empty((0, state.dim), np.float32)
        import torch

        pixels = torch.stack([state.preprocess(image) for image in images])
        return _forward(state.model, pixels, state.device, state.dtype)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raise EncoderError: these models have no text side."""
        raise no_text_side(self.name)

    def _load(self) -> _Loaded:
        timm = open_clip_errors.import_timm()
        import torch

        device = torch_side.find_device(self.device)
        with open_clip_errors.explained(self.model, self.pretrained):
            model = self._make(timm).eval().to(device)
            config = timm.data.resolve_model_data_config(model)
            preprocess = timm.data.create_transform(**config, is_training=False)
            model_hash = torch_side.hash_weights(model)
            torch_side.fuse_blocks(model)
            model.to(memory_format=torch.channels_last)
            pixels = torch.stack([preprocess(image) for image in torch_side.probes()])
            dim = _forward(model, pixels[:1], device, torch.float32).shape[1]
            dtype = torch_side.choose_dtype(
                self.dtype, device, model, lambda dtype: _forward(model, pixels, device, dtype)
            )
        return _Loaded(model, preprocess, model_hash, device, dtype, dim)

    def _make(self, timm: Any) -> Any:
        if not timm.is_model(self.model):
            near = get_close_matches(self.model, timm.list_models(), n=3, cutoff=0.4)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise EncoderError(f"timm has no model {self.model!r}.{hint} See timm.list_models().")
        file = self.pretrained
        if file == "default":
            known = timm.models.get_pretrained_cfg(self.model)
            hub_id = getattr(known, "hf_hub_id", None) or ""
            file = hub.find_file(hub_id, _WEIGHTS, f"{PREFIX}{self.model}")
        model = timm.create_model(self.model, pretrained=file == "", num_classes=0)
        if file:
            self._fill(model, timm.models.load_state_dict(file))
        return model

    def _fill(self, model: Any, weights: dict[str, Any]) -> None:
        """Load weights, but for those of the classifier."""
        missing, _ = model.load_state_dict(weights, strict=False)
        if missing:
            raise EncoderError(
                f"The weights {self.pretrained!r} are not those of the model {self.model!r}:"
                f" {missing[0]!r} is not among them. Name the model that they were saved from."
            )


def _forward(
    model: Any, pixels: torch.Tensor, device: str, dtype: torch.dtype
) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        return torch_side.as_array(model(torch_side.to_device(pixels, device, dtype)))
