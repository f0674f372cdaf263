"""From texts to vectors, each computed once per model and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.embeddings.encoder import Encoder, encoding
from panoptic_nb.embeddings.pipeline import other_model
from panoptic_nb.errors import EncoderError
from panoptic_nb.progress import Progress
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_vectors import VectorSet
from panoptic_nb.vectors import bad_rows, normalise


def embed_texts(
    store: MediaStore,
    vector_set: VectorSet,
    texts: Sequence[str],
    load: Callable[[], Encoder],
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return the vectors of texts, computing and keeping those that a vector set does not have.

    Each text is encoded by itself: what stands beside it in a batch changes how a model rounds,
    and a text must have one vector, whatever was asked for together with it or before it. On a
    CPU, where a text is some 77 rows of every product, batches would save a third of the time.

    Parameters
    ----------
    store
        Where vectors are kept; each as soon as it is computed, so cancelled work goes on.
    vector_set
        A set of the store.
    texts
        Any number of them, in any order, repeats allowed.
    load
        Returns the encoder that made the set; called only when a text is new.
    progress
        Told how many of the new texts are done; may cancel between two.

    Returns
    -------
    ndarray of float32 (len(texts), dim)
        Unit vectors, in the order of the texts.

    Raises
    ------
    VectorError
        The encoder is not the one that made the set.
    EncoderError
        The encoder cannot be loaded, fails, or gives a vector that cannot be used.
    Cancelled
    """
    progress = progress or Progress()
    # Names of files may hold bytes that are no text, which neither SQLite nor tokenizers take.
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    vectors = store.texts.vectors(vector_set.name, dict.fromkeys(texts))
    missing = [text for text in dict.fromkeys(texts) if text not in vectors]
    if missing:
        progress(0, len(missing), "loading the model")
        encoder = load()
        if (vector_set.model_hash, vector_set.dim) != (encoder.model_hash, encoder.dim):
            raise other_model(vector_set, encoder)
        for done, text in enumerate(missing):
            progress(done, len(missing), "texts")
            vectors[text] = _encode(encoder, text)
            store.texts.add(vector_set.name, text, vectors[text])
        progress(len(missing), len(missing), "texts")
    rows = [vectors[text] for text in texts]
    return np.array(rows, np.float32).reshape(len(texts), vector_set.dim)


def _encode(encoder: Encoder, text: str) -> NDArray[np.float32]:
    with encoding(encoder.name, f"the text {text!r}"):
        rows = np.asarray(encoder.encode_texts([text]))
    if rows.shape != (1, encoder.dim):
        raise EncoderError(
            f"The encoder {encoder.name!r} gave shape {rows.shape} for one text;"
            f" expected (1, {encoder.dim})."
        )
    if bad_rows(rows).any() or np.isnan(rows).any():
        raise EncoderError(
            f"The encoder {encoder.name!r} gave no usable vector for the text {text!r}"
            " (zero, or not finite). Rename or leave out that tag."
        )
    unit: NDArray[np.float32] = normalise(rows)[0]
    return unit
