"""CLIP models of the open_clip package: images and texts in one space."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings import hub, open_clip_errors
from panoptic_nb.embeddings.encoder import slug
from panoptic_nb.errors import EncoderError

if TYPE_CHECKING:
    import torch

#: The weights that are meant when a model is named alone.
DEFAULT_TAGS = {
    "ViT-B-32": "laion2b_s34b_b79k",
    "ViT-B-16": "laion2b_s34b_b88k",
    "ViT-L-14": "laion2b_s32b_b82k",
    "ViT-B-16-SigLIP": "webli",
    "ViT-B-16-SigLIP2": "webli",
    "MobileCLIP-S1": "datacompdr",
    "MobileCLIP-S2": "datacompdr",
    "MobileCLIP-B": "datacompdr",
    "MobileCLIP2-S0": "dfndr2b",
    "MobileCLIP2-S2": "dfndr2b",
    "MobileCLIP2-S3": "dfndr2b",
    "MobileCLIP2-S4": "dfndr2b",
    "MobileCLIP2-B": "dfndr2b",
    "MobileCLIP2-L-14": "dfndr2b",
}
#: Prefixes of model names that bring their own weights: a folder, or a repository of the hub.
SCHEMAS = ("local-dir:", "hf-hub:")
_WEIGHTS_FILES = (".pt", ".pth", ".bin", ".safetensors", ".npz", ".npy")
_TEXTS_AT_A_TIME = 64
CPU_BATCH = 8
GPU_BATCH = 64


@dataclass(frozen=True)
class _Loaded:
    model: torch.nn.Module
    preprocess: Callable[[Image.Image], torch.Tensor]
    model_hash: str


class OpenClip:
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
        Where torch computes: "cpu", "cuda", …

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
        device: str = "cpu",
    ) -> None:
        self.model = _check_model(model)
        self.pretrained = _check_pretrained(self.model, pretrained)
        self.device = device
        self.name = _set_name(self.model, self.pretrained)
        self._lock = threading.Lock()
        self._state: _Loaded | None = None
        self._tokenizer: Any = None

    def __repr__(self) -> str:
        return f"OpenClip({self.model!r}, {self.pretrained!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return OpenClip, (self.model, self.pretrained, self.device)  # weights are loaded again

    @property
    def batch_size(self) -> int:
        """Images at a time: few on a processor, where more are no faster."""
        return CPU_BATCH if self.device == "cpu" else GPU_BATCH

    @property
    def spec(self) -> str:
        """What `resolve_encoder` makes this encoder of; "" for random weights."""
        if self.model.startswith(SCHEMAS):
            return self.model
        return "" if self.pretrained is None else f"{self.model}:{self.pretrained}"

    @property
    def dim(self) -> int:
        """Length of a vector, read from open_clip's description of the model."""
        return int(self._config()["embed_dim"])

    @property
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
        batch = torch.stack([state.preprocess(image) for image in images]).to(self.device)
        with torch.inference_mode():
            return _as_array(state.model.encode_image(batch))  # type: ignore[operator]

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (n, dim)."""
        state, tokenizer = self._loaded(), self._loaded_tokenizer()
        import torch

        parts = [np.empty((0, self.dim), np.float32)]
        for start in range(0, len(texts), _TEXTS_AT_A_TIME):
            tokens = tokenizer(list(texts[start : start + _TEXTS_AT_A_TIME])).to(self.device)
            with torch.inference_mode():
                parts.append(_as_array(state.model.encode_text(tokens)))  # type: ignore[operator]
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

    def _loaded(self) -> _Loaded:
        with self._lock:
            if self._state is None:
                self._state = self._load()
            return self._state

    def _load(self) -> _Loaded:
        open_clip = open_clip_errors.import_open_clip()
        tag = self.pretrained or ""
        known = open_clip.get_pretrained_cfg(self.model, tag)
        if tag and not known and not Path(tag).is_file():
            raise open_clip_errors.unknown_tag(
                self.model, tag, open_clip.list_pretrained_tags_by_model(self.model)
            )
        # A file holds no preprocessing: that of the model's usual weights is taken.
        usual = known or open_clip.get_pretrained_cfg(self.model, DEFAULT_TAGS.get(self.model, ""))
        weights = hub.find_weights(self.model, self.pretrained, known.get("hf_hub", ""))
        with open_clip_errors.explained(self.model, self.pretrained):
            model, _, preprocess = open_clip.create_model_and_transforms(
                self.model,
                pretrained=weights,
                device=self.device,
                # Some weights were trained with another activation than the model's usual one;
                # open_clip only warns, and the vectors would be wrong.
                force_quick_gelu=bool(known.get("quick_gelu", False)),
                # What open_clip takes from the tag, and cannot know when it is given a file.
                image_mean=usual.get("mean"),
                image_std=usual.get("std"),
                image_interpolation=usual.get("interpolation"),
                image_resize_mode=usual.get("resize_mode"),
            )
        model.eval()
        return _Loaded(model, preprocess, _hash_weights(model))

    def _loaded_tokenizer(self) -> Any:
        with self._lock:
            if self._tokenizer is None:
                open_clip = open_clip_errors.import_open_clip()
                with open_clip_errors.explained(self.model, self.pretrained):
                    self._tokenizer = open_clip.get_tokenizer(self.model)
            return self._tokenizer


def model_configs() -> dict[str, Path]:
    """Return open_clip's model descriptions by model name; empty when it is not installed.

    Importing open_clip imports torch, which takes seconds; these are JSON files in its folder.
    """
    package = find_spec("open_clip")
    if package is None or not package.submodule_search_locations:
        return {}
    folder = Path(package.submodule_search_locations[0]) / "model_configs"
    return {path.stem: path for path in folder.glob("*.json")}


def _check_model(model: str) -> str:
    """Return the model's name as open_clip writes it."""
    known = model_configs()
    if model.startswith(SCHEMAS) or not known:  # not installed: said on first use
        return model
    model = model.replace("/", "-")
    for name in (model, *known):
        if name in known and name.lower() == model.lower():
            return name
    raise open_clip_errors.unknown_model(model, sorted(known))


def _check_pretrained(model: str, pretrained: str | os.PathLike[str] | None) -> str | None:
    if pretrained is None or model.startswith(SCHEMAS):
        return None
    if pretrained == "default":
        if model in DEFAULT_TAGS:
            return DEFAULT_TAGS[model]
        raise EncoderError(
            f"The model {model!r} has several weights; say which:"
            f' project.embed("{model}:tag"), with a tag of open_clip.list_pretrained().'
        )
    path = Path(pretrained).expanduser()
    if path.is_file():
        return str(path)
    if isinstance(pretrained, os.PathLike) or path.suffix in _WEIGHTS_FILES:
        raise EncoderError(f"There is no weights file {str(path)!r}.")
    return pretrained


def _set_name(model: str, pretrained: str | None) -> str:
    brings_weights = model.startswith(SCHEMAS)
    base = slug(Path(model.partition(":")[2]).name if brings_weights else model)
    base = base if "clip" in base else f"clip-{base}"
    if brings_weights or (pretrained is not None and pretrained == DEFAULT_TAGS.get(model)):
        return base
    weights = "random" if pretrained is None else pretrained
    if Path(weights).is_file():
        weights = Path(weights).stem
    return f"{base}-{slug(weights)}"


def _as_array(features: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = features.float().cpu().numpy()
    return array


def _hash_weights(model: torch.nn.Module) -> str:
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
