"""Weights of the Hugging Face hub: those already here are used without asking the network."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from panoptic_nb.embeddings.open_clip_errors import unavailable

_SCHEMA = "hf-hub:"
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_CONFIG = "open_clip_config.json"
_SECONDS_TO_CONNECT = 5.0


def is_cached(repository: str) -> bool:
    """Tell whether the weights of a repository ("owner/name") have been downloaded."""
    return _cached(repository, _WEIGHTS) is not None


def find_weights(model: str, pretrained: str | None, repository: str) -> str | None:
    """Return what open_clip must be given as ``pretrained``: the downloaded file, if there is one.

    open_clip itself asks the network even for weights that are here; without a connection that
    takes most of a minute, which this also spares when they are not here.

    Parameters
    ----------
    model
        The model, or "hf-hub:owner/name".
    pretrained
        A tag, a file, or None.
    repository
        "owner/name/" or "owner/name/file" where the hub keeps the tag's weights; "" for none.

    Raises
    ------
    EncoderError
        When the weights are not here and the hub is out of reach.
    """
    if model.startswith(_SCHEMA):
        name = model.removeprefix(_SCHEMA)
        if _cached(name, (_CONFIG,)) is None and _is_out_of_reach():
            raise unavailable(name)
    if not repository:
        return pretrained
    owner, name, file = (*repository.split("/", 2), "")[:3]
    names = (f"{Path(file).stem}.safetensors", file) if file else _WEIGHTS
    return find_file(f"{owner}/{name}", names, f"{model}:{pretrained}") or pretrained


def find_file(repository: str, names: tuple[str, ...], label: str) -> str:
    """Return a downloaded file of a repository ("owner/name"), "" when it can be downloaded.

    Raises
    ------
    EncoderError
        When it is not here and the hub is out of reach; it calls the weights by the label.
    """
    cached = _cached(repository, names)
    if cached is None and _is_out_of_reach():
        raise unavailable(label)
    return cached or ""


def _cached(repository: str, names: tuple[str, ...]) -> str | None:
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    paths = (try_to_load_from_cache(repository, name) for name in names)
    return next((path for path in paths if isinstance(path, str)), None)


def _is_out_of_reach() -> bool:
    try:
        from huggingface_hub import constants
    except ImportError:
        return False  # open_clip then downloads by other ways
    if constants.HF_HUB_OFFLINE:
        return True
    if getproxies():
        return False  # names are looked up by the proxy, perhaps not here
    endpoint = urlsplit(constants.ENDPOINT)
    address = (endpoint.hostname or "", endpoint.port or 443)
    try:
        socket.create_connection(address, timeout=_SECONDS_TO_CONNECT).close()
    except OSError:
        return True
    return False
