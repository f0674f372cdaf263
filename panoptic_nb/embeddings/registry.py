"""Which encoders there are, and which one is meant."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, cast

from panoptic_nb.embeddings.efficientnet import EfficientNetLite, packages
from panoptic_nb.embeddings.encoder import Encoder, FunctionEncoder
from panoptic_nb.embeddings.greyscale import PREFIX as GREY
from panoptic_nb.embeddings.greyscale import Greyscale
from panoptic_nb.embeddings.hub import is_cached
from panoptic_nb.embeddings.open_clip import OpenClip
from panoptic_nb.embeddings.open_clip_names import SCHEMAS, model_configs
from panoptic_nb.embeddings.plugins import load_plugin, plugin_names
from panoptic_nb.embeddings.timm_model import PREFIX as TIMM
from panoptic_nb.embeddings.timm_model import Timm
from panoptic_nb.embeddings.transformer import TransformerEncoder
from panoptic_nb.embeddings.words import PACKAGES, SPEC, EfficientNetWords
from panoptic_nb.errors import EncoderError

_LITE = "efficientnet-lite"
_CLIP_PACKAGES = ("torch", "torchvision", "open_clip")
#: Spec, label, repository of the hub, megabytes and packages of the models that are offered.
_CLIP = (
    (
        "ViT-B-32",
        "CLIP ViT-B-32 (images and texts)",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        605,
        _CLIP_PACKAGES,
    ),
    (
        "MobileCLIP2-S0",
        "MobileCLIP2-S0 (images and texts, smaller)",
        "timm/MobileCLIP2-S0-OpenCLIP",
        300,
        (*_CLIP_PACKAGES, "timm"),
    ),
    (
        "ViT-B-16-SigLIP2",
        "SigLIP2 ViT-B-16 (images and texts in many languages)",
        "timm/ViT-B-16-SigLIP2",
        1500,
        (*_CLIP_PACKAGES, "timm", "transformers"),
    ),
)
_ATTRIBUTES = ("name", "dim", "model_hash", "has_text", "encode_images", "encode_texts")


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder as a menu shows it.

    Parameters
    ----------
    spec
        What to give to ``project.embed``.
    label
        A few words for people.
    ready
        Works now, without a download.
    installed
        The packages it needs are there.
    download_mb
        Size of the weights that are downloaded on first use; None when there is no download.
    """

    spec: str
    label: str
    ready: bool
    installed: bool
    download_mb: int | None


def encoder_choices() -> list[EncoderChoice]:
    """Return the encoders to choose from, those that are ready first. Does not import torch."""
    lite, words = _are_installed(packages(0)), _are_installed(PACKAGES)
    choices = [
        *(_clip_choice(*known) for known in _CLIP),
        EncoderChoice(
            "efficientnet-lite0", "EfficientNet-Lite0 (images only, no download)", lite, lite, None
        ),
        EncoderChoice(
            SPEC,
            "EfficientNet-Lite0 + MiniLM (images and texts, no download, experimental)",
            words,
            words,
            None,
        ),
        *(
            EncoderChoice(name, f"{name} ({package})", True, True, None)
            for name, package in plugin_names().items()
        ),
    ]
    return sorted(choices, key=lambda choice: (not choice.ready, not choice.installed))


def resolve_encoder(spec: Any = None, greyscale: bool = False) -> Encoder:
    """Return the encoder that is meant.

    Parameters
    ----------
    spec : str, Encoder, transformer or callable, optional
        None for CLIP ViT-B-32; "efficientnet-lite0" or "efficientnet-lite0+minilm"; a model of
        open_clip, alone ("ViT-B-32"), with the tag of its weights ("ViT-B-32:openai") or with a
        file of weights ("MobileCLIP2-S0:/path/weights.pt"); "local-dir:/folder" or
        "hf-hub:owner/name"; a model of timm, "timm:resnet18" or
        "timm:resnet18:/path/weights.pt"; the name of an encoder that a package brings; any of
        these after "grey:". Or an encoder, a fitted transformer of
        scikit-learn, or a function from a list of images to an array.
    greyscale
        Give it images without their colours, as "grey:" does.

    Raises
    ------
    EncoderError
        When there is no such encoder.

    Examples
    --------
    >>> resolve_encoder("efficientnet-lite0")
    EfficientNetLite(0)
    >>> resolve_encoder("efficientnet-lite0", greyscale=True).name
    'efficientnet-lite0-grey'
    """
    encoder = _from_text(spec.strip()) if isinstance(spec, str) else _from_object(spec)
    return Greyscale(encoder) if greyscale and not isinstance(encoder, Greyscale) else encoder


def _from_object(spec: Any, name: str = "") -> Encoder:
    if spec is None:
        return OpenClip()
    if isinstance(spec, type):
        raise EncoderError(f"{spec.__name__} is a class. Give an encoder: {spec.__name__}().")
    if hasattr(spec, "encode_images"):
        # Looked up on the class: reading dim or model_hash of the encoder may load weights.
        own = {*dir(type(spec)), *getattr(spec, "__dict__", ())}
        missing = [name for name in _ATTRIBUTES if name not in own]
        if missing:
            raise EncoderError(
                f"The encoder {type(spec).__name__} lacks {', '.join(map(repr, missing))}."
                " See panoptic_nb.embeddings.Encoder."
            )
        return cast(Encoder, spec)
    if hasattr(spec, "transform"):
        return TransformerEncoder(spec, name)
    if callable(spec):
        return FunctionEncoder(spec, name)
    raise EncoderError(
        "An encoder is a name ('efficientnet-lite0', 'ViT-B-32'), a function, a fitted transformer"
        f" or an encoder. Got {type(spec).__name__}."
    )


def _from_text(spec: str) -> Encoder:
    if spec.startswith(GREY):
        return resolve_encoder(spec.removeprefix(GREY), greyscale=True)
    if spec.lower() == SPEC:
        return EfficientNetWords()
    if spec.lower().startswith(_LITE):
        variant = spec[len(_LITE) :]
        return EfficientNetLite(int(variant) if variant.isdecimal() else -1)
    if spec.startswith(SCHEMAS):
        return OpenClip(spec)
    if spec.startswith(TIMM):
        model, _, weights = spec.removeprefix(TIMM).partition(":")
        return Timm(model, weights or "default")
    plugin = None if spec in model_configs() else load_plugin(spec)
    if plugin is not None:
        return _from_object(plugin, spec)
    model, separator, weights = spec.partition(":")
    return OpenClip(model, weights if separator and weights else "default")


def _clip_choice(
    spec: str, label: str, repository: str, megabytes: int, needed: tuple[str, ...]
) -> EncoderChoice:
    installed = _are_installed(needed)
    ready = installed and is_cached(repository)
    return EncoderChoice(spec, label, ready, installed, None if ready else megabytes)


def _are_installed(modules: tuple[str, ...]) -> bool:
    return all(find_spec(module) is not None for module in modules)
