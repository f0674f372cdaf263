"""Names of open_clip's models and weights, and of the vector sets made with them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from panoptic_nb.embeddings import open_clip_errors
from panoptic_nb.embeddings.encoder import slug
from panoptic_nb.errors import EncoderError

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


def model_configs() -> dict[str, Path]:
    """Return open_clip's model descriptions by model name; empty when it is not installed.

    Importing open_clip imports torch, which takes seconds; these are JSON files in its folder.
    """
    package = find_spec("open_clip")
    if package is None or not package.submodule_search_locations:
        return {}
    folder = Path(package.submodule_search_locations[0]) / "model_configs"
    return {path.stem: path for path in folder.glob("*.json")}


def check_model_name(model: str) -> str:
    """Return the model's name as open_clip writes it."""
    known = model_configs()
    if model.startswith(SCHEMAS) or not known:  # not installed: said on first use
        return model
    model = model.replace("/", "-")
    for name in (model, *known):
        if name in known and name.lower() == model.lower():
            return name
    raise open_clip_errors.unknown_model(model, sorted(known))


def check_pretrained(model: str, pretrained: str | os.PathLike[str] | None) -> str | None:
    """Return the tag or the file of weights that is meant, None for none or the model's own."""
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


def set_name(model: str, pretrained: str | None) -> str:
    """Return the name of the vector set of a model with some weights."""
    brings_weights = model.startswith(SCHEMAS)
    base = slug(Path(model.partition(":")[2]).name if brings_weights else model)
    base = base if "clip" in base else f"clip-{base}"
    if brings_weights or (pretrained is not None and pretrained == DEFAULT_TAGS.get(model)):
        return base
    weights = "random" if pretrained is None else pretrained
    if Path(weights).is_file():
        weights = Path(weights).stem
    return f"{base}-{slug(weights)}"
