"""From images to vectors: encoders, and the pipeline that runs them over a collection.

Nothing here imports torch before an encoder is used for the first time.
"""

from __future__ import annotations

from panoptic_nb.embeddings.efficientnet import EfficientNetLite
from panoptic_nb.embeddings.encoder import Encoder
from panoptic_nb.embeddings.open_clip import OpenClip
from panoptic_nb.embeddings.pipeline import EmbedReport, embed_images
from panoptic_nb.embeddings.registry import EncoderChoice, encoder_choices, resolve_encoder

__all__ = [
    "EfficientNetLite",
    "EmbedReport",
    "Encoder",
    "EncoderChoice",
    "OpenClip",
    "embed_images",
    "encoder_choices",
    "resolve_encoder",
]
