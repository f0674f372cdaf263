"""media.sqlite: thumbnails, image facts and vectors, keyed by the sha1 of the file content.

The file is a cache. It may be deleted at any time; opening the project and computing the vectors
again completes it. A file that SQLite cannot read is therefore moved aside, not repaired.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.database import Database
from panoptic_nb.errors import VectorError
from panoptic_nb.text_cache import TextCache

#: Each entry brings the file from the version before it to the next; never edit a released one.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL,"
        " mtime_ns INTEGER NOT NULL, sha1 TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE images (sha1 TEXT PRIMARY KEY, width INTEGER NOT NULL,"
        " height INTEGER NOT NULL, average_hash INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE thumbnails (sha1 TEXT NOT NULL, size INTEGER NOT NULL, jpeg BLOB NOT NULL,"
        " PRIMARY KEY (sha1, size))",
        "CREATE TABLE vector_sets (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
        " dim INTEGER NOT NULL, encoder TEXT NOT NULL, model_hash TEXT NOT NULL,"
        " created TEXT NOT NULL)",
        "CREATE TABLE vectors (set_id INTEGER NOT NULL, sha1 TEXT NOT NULL, vector BLOB NOT NULL,"
        " PRIMARY KEY (set_id, sha1))",
    ),
    (
        "CREATE TABLE texts (set_id INTEGER NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL,"
        " PRIMARY KEY (set_id, text))",
    ),
)


#: Images that one query asks about, and vectors that are put together at a time.
IMAGES_PER_QUERY = 5000
VECTORS_PER_PART = 1000


@dataclass(frozen=True)
class FileRow:
    """A file as it was when its sha1 was computed."""

    path: str
    size: int
    mtime_ns: int
    sha1: str


@dataclass(frozen=True)
class ImageRow:
    """What is kept of one image; `thumbnails` maps a longest side in pixels to a JPEG."""

    sha1: str
    width: int
    height: int
    average_hash: int
    thumbnails: Mapping[int, bytes]


@dataclass(frozen=True)
class ImageFacts:
    """Facts of several images, as parallel arrays; zeros where an image is not in the store."""

    width: NDArray[np.int64]
    height: NDArray[np.int64]
    average_hash: NDArray[np.uint64]

    def of(self, positions: NDArray[np.int64]) -> ImageFacts:
        """Return the facts of some of them, in the given order; positions may repeat."""
        return ImageFacts(
            self.width[positions], self.height[positions], self.average_hash[positions]
        )


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


class MediaStore:
    """The file media.sqlite of a project folder.

    May be used from several threads at once: each has its own connection, readers do not wait
    for a writer, and writers wait for each other.

    Parameters
    ----------
    path
        The file; it and its folder are made when they do not exist.

    Raises
    ------
    ProjectError
        When the folder cannot be written, or the file belongs to another program or to a newer
        version of panoptic_nb.

    Warns
    -----
    UserWarning
        When the file was damaged: it is then moved to media.sqlite.broken, and a new one begun.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = MediaStore(Path(folder) / "media.sqlite")
    ...     store.vector_sets()
    ...     store.close()
    {}
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, MIGRATIONS)
        #: Vectors of texts.
        self.texts = TextCache(self._database)

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def close(self) -> None:
        """Close the connections of all threads; the store cannot be used afterwards."""
        self._database.close()

    # files and images

    def known_files(self) -> dict[str, tuple[int, int, str]]:
        """Return (size, mtime_ns, sha1) of every file read so far, by path."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, size, mtime_ns, sha1 FROM files")
            return {path: (size, mtime_ns, sha1) for path, size, mtime_ns, sha1 in rows}

    def known_images(self) -> set[str]:
        """Return the sha1 of every image in the store."""
        with self._database.reading() as connection:
            return {sha1 for (sha1,) in connection.execute("SELECT sha1 FROM images")}

    def add_files(self, rows: Iterable[FileRow]) -> None:
        """Note files, replacing what was known of the same paths."""
        values = [(row.path, row.size, row.mtime_ns, row.sha1) for row in rows]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", values)

    def add_images(self, rows: Iterable[ImageRow]) -> None:
        """Add images with their thumbnails, replacing those of the same sha1."""
        rows = list(rows)
        facts = [(row.sha1, row.width, row.height, _signed(row.average_hash)) for row in rows]
        jpegs = [(row.sha1, size, jpeg) for row in rows for size, jpeg in row.thumbnails.items()]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?)", facts)
            connection.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", jpegs)

    def images(self, sha1s: Sequence[str]) -> ImageFacts:
        """Return width, height and average hash of images, in the order asked for."""
        width = np.zeros(len(sha1s), np.int64)
        height = np.zeros(len(sha1s), np.int64)
        hashes = np.zeros(len(sha1s), np.int64)
        # CROSS JOIN keeps SQLite from scanning the whole table on the outside.
        query = (
            "SELECT j.key, i.width, i.height, i.average_hash FROM json_each(?) AS j"
            " CROSS JOIN images AS i ON i.sha1 = j.value"
        )
        with self._database.reading() as connection:
            for position, *facts in connection.execute(query, (_as_json(sha1s),)):
                width[position], height[position], hashes[position] = facts
        return ImageFacts(width, height, hashes.view(np.uint64))

    def thumbnails(self, sha1s: Sequence[str], size: int) -> list[bytes | None]:
        """Return a JPEG for each image, or None.

        Parameters
        ----------
        sha1s
            The images; repeats are allowed.
        size
            Longest side wanted, in pixels. The smallest stored thumbnail that is at least as
            large is given, or else the largest there is.
        """
        query = (
            "SELECT j.key, (SELECT t.jpeg FROM thumbnails AS t WHERE t.sha1 = j.value"
            " ORDER BY t.size < :size, CASE WHEN t.size < :size THEN -t.size ELSE t.size END"
            " LIMIT 1) FROM json_each(:sha1s) AS j"
        )
        found: list[bytes | None] = [None] * len(sha1s)
        with self._database.reading() as connection:
            values = {"size": size, "sha1s": _as_json(sha1s)}
            for position, jpeg in connection.execute(query, values):
                found[position] = jpeg
        return found

    def add_thumbnails(self, size: int, jpegs: Mapping[str, bytes]) -> None:
        """Keep one more size of images, given by sha1."""
        rows = [(sha1, size, jpeg) for sha1, jpeg in jpegs.items()]
        if rows:
            with self._database.writing() as connection:
                connection.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", rows)

    def without_thumbnail(self, sha1s: Sequence[str], size: int) -> set[str]:
        """Return the images whose thumbnails are all smaller than this, and than the image."""
        query = (
            "SELECT j.value FROM json_each(?) AS j CROSS JOIN images AS i ON i.sha1 = j.value"
            " WHERE min(?, max(i.width, i.height)) > coalesce("
            "(SELECT max(t.size) FROM thumbnails AS t WHERE t.sha1 = j.value), 0)"
        )
        with self._database.reading() as connection:
            return {sha1 for (sha1,) in connection.execute(query, (_as_json(sha1s), size))}

    # vectors

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

    def vectors(self, name: str, sha1s: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of images.

        Parameters
        ----------
        name
            An existing set.
        sha1s
            The images, length n; repeats are allowed.

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
            array = np.full((len(sha1s), dim), np.nan, np.float32)
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
                rows = connection.execute(query, (_as_json(part), set_id))
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
            connection.execute(some, (_as_json(distinct[at : at + IMAGES_PER_QUERY]), set_id))
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
    given = ~np.isnan(rows).all(axis=1)
    if not np.isfinite(rows[given]).all():
        raise VectorError(f"The vectors for {name!r} hold values that are not finite.")
    values = (
        (set_id, sha1, row.tobytes())
        for sha1, row, is_given in zip(sha1s, rows, given, strict=True)
        if is_given
    )
    connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", values)


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


def _as_json(sha1s: Sequence[str]) -> str:
    # One parameter, whatever the number of images: SQLite limits the "?" of a statement.
    return json.dumps(list(sha1s))


def _signed(unsigned: int) -> int:
    """Fit 64 unsigned bits into SQLite's signed integer."""
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned
