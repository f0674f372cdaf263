"""The vector sets in media.sqlite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.database import Database, as_json
from panoptic_nb.errors import VectorError
from panoptic_nb.large_arrays import parts
from panoptic_nb.vectors import NewArray, in_memory

#: Images that one query asks about, and vectors that are put together at a time.
IMAGES_PER_QUERY = 5000
VECTORS_PER_PART = 1000


@dataclass(frozen=True)
class VectorSet:
    """One embedding of the images.

    Parameters
    ----------
    name
        The set's name, "clip-vit-b-32".
    dim
        Length of a vector.
    encoder
        What made it, in words that people can read; "" for vectors that the user brought.
    model_hash
        Hash of the weights, or "".
    created
        Date and time, ISO 8601.
    """

    name: str
    dim: int
    encoder: str
    model_hash: str
    created: str


class StoredVectors:
    """The part of `MediaStore` that is about vectors."""

    _database: Database

    def vector_sets(self) -> dict[str, VectorSet]:
        """Return the vector sets by name, oldest first."""
        query = "SELECT name, dim, encoder, model_hash, created FROM vector_sets ORDER BY id"
        with self._database.reading() as connection:
            return {row[0]: VectorSet(*row) for row in connection.execute(query)}

    def create_vector_set(self, vector_set: VectorSet) -> None:
        """Add an empty vector set.

        Raises
        ------
        VectorError
            When there is one of that name.
        """
        with self._database.writing() as connection:
            _insert_set(connection, vector_set)

    def replace_vector_set(
        self, vector_set: VectorSet, sha1s: Sequence[str], vectors: NDArray[np.float32]
    ) -> None:
        """Put a set with these vectors in the place of one of that name, all of it or nothing.

        Parameters
        ----------
        vector_set
            The set; whether there is one of its name already makes no difference.
        sha1s, vectors
            As for `add_vectors`.

        Raises
        ------
        VectorError
            As for `add_vectors`; the set of before is then still there.
        """
        with self._database.writing() as connection:
            _delete_set(connection, vector_set.name)
            _insert_set(connection, vector_set)
            _insert_vectors(connection, vector_set.name, sha1s, vectors)

    def add_vectors(self, name: str, sha1s: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add vectors to a set in one transaction, replacing those of the same images.

        Parameters
        ----------
        name
            An existing set.
        sha1s
            The images, length n.
        vectors
            Shape (n, dim). Rows of NaN mean "no vector" and are left out.

        Raises
        ------
        VectorError
            When the set does not exist, the shape is wrong, or a value is not finite.
        """
        with self._database.writing() as connection:
            _insert_vectors(connection, name, sha1s, vectors)

    def vectors(
        self, name: str, sha1s: Sequence[str], new: NewArray = in_memory
    ) -> NDArray[np.float32]:
        """Return the vectors of images.

        Parameters
        ----------
        name
            An existing set.
        sha1s
            The images, length n; repeats are allowed.
        new
            Makes the array of the result, in memory by default.

        Returns
        -------
        numpy.ndarray
            Shape (n, dim), float32, as stored; rows of NaN where there is no vector.
        """
        # The place of each image, the last one where it is asked for several times.
        place = {sha1: at for at, sha1 in enumerate(sha1s)}
        with self._database.reading() as connection:
            set_id, dim = _find_set(connection, name)
            # Filled part by part, so that there is never a second copy of the whole array.
            array = new((len(sha1s), dim))
            array[:] = np.nan
            for found, vectors in _parts(connection, set_id, dim, sha1s):
                at = np.array([place.get(sha1, -1) for sha1 in found])
                array[at[at >= 0]] = vectors[at >= 0]
        if len(place) < len(sha1s):
            array = array[[place[sha1] for sha1 in sha1s]]
        return array

    def without_vector(self, name: str, sha1s: Sequence[str]) -> list[str]:
        """Return the distinct images that have no vector in a set, in the order given."""
        query = (
            "SELECT j.value FROM json_each(?) AS j WHERE NOT EXISTS"
            " (SELECT 1 FROM vectors AS v WHERE v.set_id = ? AND v.sha1 = j.value) ORDER BY j.key"
        )
        missing: dict[str, None] = {}
        with self._database.reading() as connection:
            set_id, _ = _find_set(connection, name)
            # In parts: other threads wait for as long as the text of one is put together.
            for start in range(0, len(sha1s), IMAGES_PER_QUERY):
                part = sha1s[start : start + IMAGES_PER_QUERY]
                rows = connection.execute(query, (as_json(part), set_id))
                missing |= dict.fromkeys(sha1 for (sha1,) in rows)
        return list(missing)

    def delete_vector_set(self, name: str) -> None:
        """Delete a vector set, its vectors and those of its texts."""
        with self._database.writing() as connection:
            _find_set(connection, name)
            _delete_set(connection, name)


def _parts(
    connection: sqlite3.Connection, set_id: int, dim: int, sha1s: Sequence[str]
) -> Iterator[tuple[Sequence[str], NDArray[np.float32]]]:
    """Yield images and their vectors, part by part: at least those asked for that have one."""
    in_set = connection.execute("SELECT count(*) FROM vectors WHERE set_id = ?", (set_id,))
    (count,) = in_set.fetchone()
    if count <= 2 * len(sha1s):
        # As they lie in the file, whatever the set: ten times as fast as one by one by the index.
        everything = "SELECT sha1, vector FROM vectors NOT INDEXED WHERE set_id = ?"
        queries = iter([connection.execute(everything, (set_id,))])
    else:
        some = (
            "SELECT v.sha1, v.vector FROM json_each(?) AS j"
            " CROSS JOIN vectors AS v ON v.set_id = ? AND v.sha1 = j.value"
        )
        distinct = list(dict.fromkeys(sha1s))
        queries = (
            connection.execute(some, (as_json(distinct[at : at + IMAGES_PER_QUERY]), set_id))
            for at in range(0, len(distinct), IMAGES_PER_QUERY)
        )
    for query in queries:
        while rows := query.fetchmany(VECTORS_PER_PART):
            images, blobs = zip(*rows, strict=True)
            vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(-1, dim)
            yield images, vectors


def _insert_set(connection: sqlite3.Connection, vector_set: VectorSet) -> None:
    query = (
        "INSERT INTO vector_sets (name, dim, encoder, model_hash, created)"
        " VALUES (:name, :dim, :encoder, :model_hash, :created) ON CONFLICT (name) DO NOTHING"
    )
    if connection.execute(query, asdict(vector_set)).rowcount == 0:
        raise VectorError(
            f"There is already a vector set {vector_set.name!r}. Choose another name, or delete"
            f" that set first: project.delete_vectors({vector_set.name!r}).",
            key="vector_set_exists",
            name=vector_set.name,
        )


def _insert_vectors(
    connection: sqlite3.Connection, name: str, sha1s: Sequence[str], vectors: NDArray[np.float32]
) -> None:
    rows = np.ascontiguousarray(vectors, dtype="<f4")
    set_id, dim = _find_set(connection, name)
    if rows.shape != (len(sha1s), dim):
        raise VectorError(
            f"The vectors for {name!r} have shape {rows.shape}; expected ({len(sha1s)}, {dim})."
        )
    values = ((set_id, sha1s[at], blob) for at, blob in _blobs(name, rows))
    connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", values)


def _blobs(name: str, rows: NDArray[np.float32]) -> Iterator[tuple[int, bytes]]:
    """Yield position and bytes of the vectors that are there."""
    for start, part in parts(rows):
        given = np.flatnonzero(~np.isnan(part).all(axis=1))
        if not np.isfinite(part[given]).all():
            raise VectorError(f"The vectors for {name!r} hold values that are not finite.")
        yield from ((start + at, part[at].tobytes()) for at in given.tolist())


def _delete_set(connection: sqlite3.Connection, name: str) -> None:
    of_set = "set_id IN (SELECT id FROM vector_sets WHERE name = ?)"
    connection.execute(f"DELETE FROM vectors WHERE {of_set}", (name,))
    connection.execute(f"DELETE FROM texts WHERE {of_set}", (name,))
    connection.execute("DELETE FROM vector_sets WHERE name = ?", (name,))


def _find_set(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    """Return the id and the dim of a vector set."""
    query = "SELECT id, dim FROM vector_sets WHERE name = ?"
    row: tuple[int, int] | None = connection.execute(query, (name,)).fetchone()
    if row is not None:
        return row
    names = [repr(other) for (other,) in connection.execute("SELECT name FROM vector_sets")]
    raise VectorError(
        f"There is no vector set {name!r}. Vector sets: {', '.join(names) or 'none yet'}.",
        key="no_vector_set",
        name=name,
    )
