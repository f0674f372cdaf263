"""The vectors of texts in media.sqlite, so that a model is loaded only for texts that are new."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.database import Database


class TextCache:
    """Vectors of texts, by vector set and text; they go with their set.

    Parameters
    ----------
    database
        The file of a `MediaStore`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def vectors(self, name: str, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors, float32 (dim,), of those texts that a vector set has."""
        query = (
            "SELECT t.vector FROM vector_sets AS s JOIN texts AS t ON t.set_id = s.id"
            " WHERE s.name = ? AND t.text = ?"
        )
        found = {}
        with self._database.reading() as connection:
            for text in texts:
                for (blob,) in connection.execute(query, (name, text)):
                    found[text] = np.frombuffer(blob, "<f4").astype(np.float32)
        return found

    def add(self, name: str, text: str, vector: NDArray[np.float32]) -> None:
        """Keep the vector of a text for a vector set; nothing happens when the set is gone."""
        query = "INSERT OR REPLACE INTO texts SELECT id, ?, ? FROM vector_sets WHERE name = ?"
        blob = np.ascontiguousarray(vector, "<f4").tobytes()
        with self._database.writing() as connection:
            connection.execute(query, (text, blob, name))
