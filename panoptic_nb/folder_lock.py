"""One kernel at a time: who opens a project folder keeps others out until it lets go, or dies.

The lock is the operating system's and goes with the process, so that nothing is left behind when
a kernel is killed. The file only says who has it.
"""

from __future__ import annotations

import os
import socket
import weakref
from contextlib import suppress
from pathlib import Path

from panoptic_nb.errors import ProjectError

NAME = "project.lock"
#: Windows refuses to read what is locked: a byte behind all that is written.
_FAR = 2**30


class FolderLock:
    """Holds a folder for this process until it is closed, or nobody refers to it any more.

    Parameters
    ----------
    file : int
        Descriptor of the locked file.
    """

    def __init__(self, file: int) -> None:
        self.close = weakref.finalize(self, os.close, file)
        self.close.atexit = False  # what is still being written then is written under the lock


#: Locks of this process by folder. One that opens a folder twice has one lock.
_held: weakref.WeakValueDictionary[Path, FolderLock] = weakref.WeakValueDictionary()


def lock_folder(folder: Path) -> FolderLock | None:
    """Keep other processes out of a project folder.

    Returns
    -------
    FolderLock or None
        None where there are no locks, as on some network drives, or nothing can be written.

    Raises
    ------
    ProjectError
        Another process has the folder.
    """
    known = _held.get(folder)
    if known is not None:
        return known
    path = folder / NAME
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return None
    try:
        _lock(file)
    except BlockingIOError:
        os.close(file)
        raise _taken(folder, path) from None
    except OSError:
        os.close(file)
        return None
    with suppress(OSError):  # on a full disk the lock holds all the same, and names nobody
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()} {socket.gethostname()}".encode())
    lock = _held[folder] = FolderLock(file)
    return lock


def _lock(file: int) -> None:
    """Lock a file or raise: BlockingIOError where another process has it."""
    if os.name == "nt":
        import msvcrt

        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except PermissionError:
            raise BlockingIOError from None
        finally:
            os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _taken(folder: Path, path: Path) -> ProjectError:
    process, _, computer = path.read_text(encoding="utf-8").partition(" ")
    who = f" (process {process} on {computer})" if computer else ""
    return ProjectError(
        f"The project folder {str(folder)!r} is open in another kernel{who}, and two that write "
        "into one folder would lose each other's work. Close the project there or shut that kernel "
        "down; or give this one a folder of its own: open_project(source, folder=...)."
    )


def _forget_in_child() -> None:
    """Let go in a forked process, which would hold the folder after its parent has ended."""
    for lock in list(_held.values()):
        lock.close()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
