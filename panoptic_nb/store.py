"""media.sqlite: thumbnails, image facts and vectors, keyed by the sha1 of the file content.

The file is a cache. It may be deleted at any time; opening the project and computing the vectors
again completes it. A file that SQLite cannot read is therefore moved aside, not repaired.
"""

from __future__ import annotations

from pathlib import Path

from panoptic_nb.database import Database
from panoptic_nb.stored_images import StoredImages
from panoptic_nb.stored_vectors import StoredVectors
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


class MediaStore(StoredImages, StoredVectors):
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
