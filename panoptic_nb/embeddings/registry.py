"""Which encoders there are, and which one is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, cast

from panoptic_nb.embeddings.efficientnet import EfficientNetLite, packages
from panoptic_nb.embeddings.encoder import Encoder, FunctionEncoder
from panoptic_nb.embeddings.hub import is_cached
from panoptic_nb.embeddings.open_clip import SCHEMAS, OpenClip
from panoptic_nb.errors import EncoderError

_LITE = "efficientnet-lite"
_CLIP_PACKAGES = ("torch", "torchvision", "open_clip")
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
    clip, lite = _are_installed(_CLIP_PACKAGES), _are_installed(packages(0))
    choices = [
        _clip_choice(
            "ViT-B-32",
            "CLIP ViT-B-32 (images and texts)",
            "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
            605,
            clip,
        ),
        _clip_choice(
            "MobileCLIP2-S0",
            "MobileCLIP2-S0 (images and texts, smaller)",
            "timm/MobileCLIP2-S0-OpenCLIP",
            300,
            clip and _are_installed(("timm",)),
        ),
        EncoderChoice(
            "efficientnet-lite0", "EfficientNet-Lite0 (images only, no download)", lite, lite, None
        ),
    ]
    return sorted(choices, key=lambda choice: (not choice.ready, not choice.installed))


def resolve_encoder(spec: str | Encoder | Callable[..., Any] | None = None) -> Encoder:
    """Return the encoder that is meant.

    Parameters
    ----------
    spec
        None for CLIP ViT-B-32; "efficientnet-lite0"; a model of open_clip, alone ("ViT-B-32"), with
        the tag of its weights ("ViT-B-32:openai") or with a file of weights
        ("MobileCLIP2-S0:/path/weights.pt"); "local-dir:/folder" or "hf-hub:owner/name"; an encoder;
        or a function from a list of images to an array.

    Raises
    ------
    EncoderError
        When there is no such encoder.

    Examples
    --------
    >>> resolve_encoder("efficientnet-lite0")
    EfficientNetLite(0)
    """
    if spec is None:
        return OpenClip()
    if isinstance(spec, str):
        return _from_text(spec.strip())
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
    if callable(spec):
        return FunctionEncoder(spec)
    raise EncoderError(
        "An encoder is a name ('efficientnet-lite0', 'ViT-B-32'), a function or an encoder."
        f" Got {type(spec).__name__}."
    )


def _from_text(spec: str) -> Encoder:
    if spec.lower().startswith(_LITE):
        variant = spec[len(_LITE) :]
        return EfficientNetLite(int(variant) if variant.isdecimal() else -1)
    if spec.startswith(SCHEMAS):
        return OpenClip(spec)
    model, separator, weights = spec.partition(":")
    return OpenClip(model, weights if separator and weights else "default")


def _clip_choice(
    spec: str, label: str, repository: str, megabytes: int, installed: bool
) -> EncoderChoice:
    ready = installed and is_cached(repository)
    return EncoderChoice(spec, label, ready, installed, None if ready else megabytes)


def _are_installed(modules: tuple[str, ...]) -> bool:
    return all(find_spec(module) is not None for module in modules)
