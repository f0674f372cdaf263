"""The SQLite file under the media store: connections, transactions, migrations, damage."""

from __future__ import annotations

import json
import sqlite3
import threading
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from panoptic_nb.errors import ProjectError

# "pnb1" in ASCII: tells this package's files from other SQLite files.
_APPLICATION_ID = 0x706E6231
# One vector of 1280 float32 is 5 kB: with SQLite's 4 kB pages each would need an overflow page.
_PAGE_SIZE = 16384
_SECONDS_TO_WAIT_FOR_A_LOCK = 30.0
_DAMAGE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class Database:
    """One SQLite file that any number of threads may use.

    Each thread has a connection of its own. With the write-ahead log, readers do not wait for a
    writer; writers wait for each other. A damaged file is moved aside and begun anew, so this is
    only for files that can be computed again.

    Parameters
    ----------
    path
        The file; it and its folder are made when they do not exist.
    migrations
        Each entry, a sequence of statements, brings the file from the version before it to the
        next. The version is SQLite's ``user_version``.

    Raises
    ------
    ProjectError
        When the folder cannot be written, or the file belongs to another program or to a newer
        version of panoptic_nb.

    Warns
    -----
    UserWarning
        When the file was damaged.
    """

    def __init__(self, path: Path, migrations: Sequence[Sequence[str]]) -> None:
        self.path = Path(path)
        self._migrations = migrations
        self._local = threading.local()
        #: How many blocks of each thread use its connection now.
        self._uses: Counter[threading.Thread] = Counter()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._closed = False
        self._ready = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
            self._ready = True
        except (OSError, sqlite3.DatabaseError) as error:
            self.close()
            raise _cannot_use(self.path, error) from error
        except ProjectError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections of all threads; the file cannot be used afterwards.

        A connection that another thread is just using is closed by that thread when it is done:
        SQLite crashes otherwise.
        """
        with self._lock:
            self._closed = True
            for thread in [thread for thread in self._connections if not self._uses[thread]]:
                self._connections.pop(thread).close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection; SQLite's errors become sentences."""
        thread = threading.current_thread()
        with self._lock:
            self._uses[thread] += 1
        try:
            yield self._connection()
        except sqlite3.DatabaseError as error:
            raise _cannot_use(self.path, error) from error
        finally:
            self._used(thread)

    def _used(self, thread: threading.Thread) -> None:
        with self._lock:
            self._uses[thread] -= 1
            if self._uses[thread]:
                return
            del self._uses[thread]
            if self._closed and thread in self._connections:
                self._connections.pop(thread).close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection inside a transaction, all of which is kept or nothing."""
        with self._write_lock, self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:  # Ctrl-C too: a transaction left open blocks every writer
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and not self._closed:
            return connection
        with self._lock:
            if self._closed:
                raise ProjectError("This project is closed. Open it again to go on.")
            for thread in [thread for thread in self._connections if not thread.is_alive()]:
                self._connections.pop(thread).close()
            connection = _connect(self.path)
            self._connections[threading.current_thread()] = connection
        self._local.connection = connection
        if self._ready and connection.execute("PRAGMA user_version").fetchone() == (0,):
            self._prepare()  # the file was deleted meanwhile: begin anew, as the next opening would
        return connection

    def _open(self) -> None:
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "") not in _DAMAGE:
                raise
            self._begin_anew()

    def _prepare(self) -> None:
        connection = self._connection()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (identity,) = connection.execute("PRAGMA application_id").fetchone()
        if tables and identity != _APPLICATION_ID:
            raise ProjectError(
                f"The file {str(self.path)!r} is the database of another program. Choose another"
                " project folder, or move that file away."
            )
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if identity == _APPLICATION_ID and version == len(self._migrations):
            return
        connection.execute("PRAGMA journal_mode = WAL")
        with self.writing():
            # Read again inside the transaction: another process may be migrating the same file.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(self._migrations):
                raise ProjectError(
                    f"The file {str(self.path)!r} was written by a newer version of panoptic_nb"
                    f" (file version {version}, known {len(self._migrations)}). Run pip install"
                    " --upgrade panoptic_nb, or delete the file: it holds only thumbnails and"
                    " vectors, which are computed again."
                )
            for statements in self._migrations[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(self._migrations)}")

    def _begin_anew(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._local = threading.local()
        broken = self.path.with_name(self.path.name + ".broken")
        self.path.replace(broken)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        warnings.warn(
            f"{str(self.path)!r} was damaged. It held thumbnails and vectors, which are computed"
            f" again; the damaged file was kept as {broken.name!r}.",
            stacklevel=2,
        )
        self._prepare()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=_SECONDS_TO_WAIT_FOR_A_LOCK,
        isolation_level=None,
        check_same_thread=False,  # close() closes the connections of other threads
    )
    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _cannot_use(path: Path, error: Exception) -> ProjectError:
    if getattr(error, "sqlite_errorname", "") in _DAMAGE:
        return ProjectError(
            f"The file {str(path)!r} is damaged ({error}). It holds only thumbnails and vectors:"
            " close the project, delete the file, and open the project again."
        )
    return ProjectError(
        f"The project folder {str(path.parent)!r} cannot be used ({error}). Check that the folder"
        " can be written and the disk is not full, or choose another one with"
        " pn.open_project(source, folder=...)."
    )


def as_json(sha1s: Sequence[str]) -> str:
    """Return keys as one parameter of a query: SQLite limits the "?" of a statement."""
    return json.dumps(list(sha1s))
