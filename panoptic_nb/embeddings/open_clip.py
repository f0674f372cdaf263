"""CLIP models of the open_clip package: images and texts in one space."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings import hub, open_clip_errors, torch_side
from panoptic_nb.embeddings.loaded_once import LoadedOnce
from panoptic_nb.embeddings.open_clip_names import (
    DEFAULT_TAGS,
    SCHEMAS,
    check_model_name,
    check_pretrained,
    model_configs,
    set_name,
)

if TYPE_CHECKING:
    import torch

_TEXTS_AT_A_TIME = 64
_CPU_BATCH = 8
#: Longest side over shortest side above which only the middle of an image is resized.
_LONG = 16


@dataclass(frozen=True)
class _Loaded:
    model: torch.nn.Module
    preprocess: Callable[[Image.Image], torch.Tensor]
    model_hash: str
    device: str
    dtype: torch.dtype


class OpenClip(LoadedOnce[_Loaded]):
    """A CLIP model of open_clip, of any architecture and weights that it knows.

    Parameters
    ----------
    model
        Name of the architecture, as ``open_clip.list_models()`` gives it; or
        ``"local-dir:/folder"`` or ``"hf-hub:owner/name"``, which bring their own weights.
    pretrained
        A tag of ``open_clip.list_pretrained()``; the path of a weights file (.pt, .safetensors);
        None for random weights (tests). "default" takes the usual tag of the model. Tags are
        downloaded once, on first use, and kept by the hub's cache.
    device
        Where torch computes: "cpu", "cuda", …; a graphics card if there is one by default.
    dtype
        Number format of the image side: "float32", "bfloat16", "float16". "auto" takes the fastest
        that this device has, if a test on these weights finds the same vectors to a cosine
        distance of 5e-4. Texts are always encoded in float32.

    Raises
    ------
    EncoderError
        At once, when the model or the weights file does not exist; on first use, when the
        packages or the weights cannot be loaded.

    Examples
    --------
    >>> OpenClip().name
    'clip-vit-b-32'
    >>> OpenClip("ViT-B-32", "openai").name
    'clip-vit-b-32-openai'
    """

    has_text = True
    thread_safe = True

    def __init__(
        self,
        model: str = "ViT-B-32",
        pretrained: str | os.PathLike[str] | None = "default",
        device: str | None = None,
        dtype: str = "auto",
    ) -> None:
        self.model = check_model_name(model)
        self.pretrained = check_pretrained(self.model, pretrained)
        self.device = device
        self.dtype = torch_side.check_dtype(dtype)
        self.name = set_name(self.model, self.pretrained)
        super().__init__()
        self._tokenizer: Any = None

    def __repr__(self) -> str:
        return f"OpenClip({self.model!r}, {self.pretrained!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Weights are loaded again where it arrives, on the device that is there.
        return OpenClip, (self.model, self.pretrained, self.device, self.dtype)

    @property
    def batch_size(self) -> int:
        """Images at a time: few on a processor, where more are no faster."""
        return _CPU_BATCH if self._loaded().device == "cpu" else torch_side.GPU_BATCH

    @property
    def spec(self) -> str:
        """What `resolve_encoder` makes this encoder of; "" for random weights."""
        if self.model.startswith(SCHEMAS):
            return self.model
        return "" if self.pretrained is None else f"{self.model}:{self.pretrained}"

    @cached_property
    def dim(self) -> int:
        """Length of a vector, read from open_clip's description of the model."""
        return int(self._config()["embed_dim"])

    @cached_property
    def image_size(self) -> int:
        """Side of the square that images are resized to, in pixels."""
        size = self._config()["vision_cfg"]["image_size"]
        return int(size if isinstance(size, int) else max(size))

    @property
    def model_hash(self) -> str:
        """First 16 digits of the sha256 of all weights; loads them."""
        return self._loaded().model_hash

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Return the vectors of RGB images, shape (n, dim)."""
        state = self._loaded()
        import torch

        if not images:
            return np.empty((0, self.dim), np.float32)
        pixels = torch.stack([state.preprocess(image) for image in images])
        return _encode(state.model, pixels, state.device, state.dtype)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (n, dim)."""
        state, tokenizer = self._loaded(), self._loaded_tokenizer()
        import torch

        parts = [np.empty((0, self.dim), np.float32)]
        for start in range(0, len(texts), _TEXTS_AT_A_TIME):
            tokens = tokenizer(list(texts[start : start + _TEXTS_AT_A_TIME])).to(state.device)
            with torch.inference_mode():
                parts.append(torch_side.as_array(state.model.encode_text(tokens)))  # type: ignore[operator]
        return np.concatenate(parts)

    def _config(self) -> dict[str, Any]:
        """Return open_clip's description of the model, if possible without importing it."""
        known = model_configs().get(self.model)
        if known is not None:
            config: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
            return config
        open_clip = open_clip_errors.import_open_clip()
        hub.find_weights(self.model, None, "")
        with open_clip_errors.explained(self.model, self.pretrained):
            config = open_clip.get_model_config(self.model)
        return config

    def _load(self) -> _Loaded:
        open_clip = open_clip_errors.import_open_clip()
        import torch

        tag = self.pretrained or ""
        known = open_clip.get_pretrained_cfg(self.model, tag)
        if tag and not known and not Path(tag).is_file():
            raise open_clip_errors.unknown_tag(
                self.model, tag, open_clip.list_pretrained_tags_by_model(self.model)
            )
        # A file holds no preprocessing: that of the model's usual weights is taken.
        usual = known or open_clip.get_pretrained_cfg(self.model, DEFAULT_TAGS.get(self.model, ""))
        weights = hub.find_weights(self.model, self.pretrained, known.get("hf_hub", ""))
        device = torch_side.find_device(self.device)
        with open_clip_errors.explained(self.model, self.pretrained):
            model, _, preprocess = open_clip.create_model_and_transforms(
                self.model,
                pretrained=weights,
                device=device,
                # Some weights were trained with another activation than the model's usual one;
                # open_clip only warns, and the vectors would be wrong.
                force_quick_gelu=bool(known.get("quick_gelu", False)),
                # What open_clip takes from the tag, and cannot know when it is given a file.
                image_mean=usual.get("mean"),
                image_std=usual.get("std"),
                image_interpolation=usual.get("interpolation"),
                image_resize_mode=usual.get("resize_mode"),
            )
        model_hash = torch_side.hash_weights(model.eval())
        torch_side.fuse_blocks(model.visual)
        model.visual.to(memory_format=torch.channels_last)
        preprocess = _without_ends(preprocess)
        pixels = torch.stack([preprocess(image) for image in torch_side.probes()])
        dtype = torch_side.choose_dtype(
            self.dtype, device, model.visual, lambda dtype: _encode(model, pixels, device, dtype)
        )
        return _Loaded(model, preprocess, model_hash, device, dtype)

    def _loaded_tokenizer(self) -> Any:
        with self._lock:
            if self._tokenizer is None:
                open_clip = open_clip_errors.import_open_clip()
                with open_clip_errors.explained(self.model, self.pretrained):
                    self._tokenizer = open_clip.get_tokenizer(self.model)
            return self._tokenizer


def _encode(
    model: Any, pixels: torch.Tensor, device: str, dtype: torch.dtype
) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        return torch_side.as_array(model.encode_image(torch_side.to_device(pixels, device, dtype)))


def _without_ends(preprocess: Any) -> Callable[[Image.Image], torch.Tensor]:
    """Return the preprocessing of a model, for images of any shape.

    One of 1 by 50,000 pixels, enlarged until its short side fits, would have 2.5 gigapixels, of
    which models that crop see the middle.
    """
    steps = getattr(preprocess, "transforms", ())
    if not any(type(step).__name__ == "CenterCrop" for step in steps):
        return preprocess  # type: ignore[no-any-return]

    def of_middle(image: Image.Image) -> torch.Tensor:
        width, height = image.size
        most = _LONG * min(width, height)
        left, top = max(0, width - most) // 2, max(0, height - most) // 2
        if left or top:
            image = image.crop((left, top, width - left, height - top))
        return preprocess(image)  # type: ignore[no-any-return]

    return of_middle
