"""From images to vectors: encoders, and the pipeline that runs them over a collection.

Nothing here imports torch before an encoder is used for the first time.
"""

from __future__ import annotations

from panoptic_nb.embeddings.efficientnet import EfficientNetLite
from panoptic_nb.embeddings.encoder import Encoder, no_text_side
from panoptic_nb.embeddings.greyscale import Greyscale
from panoptic_nb.embeddings.open_clip import OpenClip
from panoptic_nb.embeddings.pipeline import EmbedReport, embed_images
from panoptic_nb.embeddings.registry import EncoderChoice, encoder_choices, resolve_encoder
from panoptic_nb.embeddings.texts import embed_texts
from panoptic_nb.embeddings.timm_model import Timm
from panoptic_nb.embeddings.transformer import TransformerEncoder, pixels
from panoptic_nb.embeddings.words import EfficientNetWords

__all__ = [
    "EfficientNetLite",
    "EfficientNetWords",
    "EmbedReport",
    "Encoder",
    "EncoderChoice",
    "Greyscale",
    "OpenClip",
    "Timm",
    "TransformerEncoder",
    "embed_images",
    "embed_texts",
    "encoder_choices",
    "no_text_side",
    "pixels",
    "resolve_encoder",
]
