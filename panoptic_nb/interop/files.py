"""Files given by users: where to write, and text to read."""

from __future__ import annotations

import os
from pathlib import Path

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError

#: A path as users give it.
AnyPath = str | os.PathLike[str]


def target(path: AnyPath, endings: tuple[str, ...] = ()) -> Path:
    """Return where a file is to be written, or raise `ProjectError` where that cannot be.

    Parameters
    ----------
    endings
        Those that the file may have; any, when none is given.
    """
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise ProjectError(f"A file needs a path. Got {short(path)}.")
    given = Path(path).expanduser()
    if endings and given.suffix.lower() not in endings:
        raise ProjectError(
            f"The file {str(given)!r} ends with {given.suffix!r}; it can be one of "
            f"{', '.join(endings)}."
        )
    if given.is_dir():
        raise ProjectError(f"{str(given)!r} is a folder; name a file in it.")
    if not given.parent.is_dir():
        raise ProjectError(
            f"There is no folder {str(given.parent)!r} to write {given.name!r} to; make it first."
        )
    return given


def read_text(path: AnyPath) -> str:
    """Return the text of a UTF-8 file.

    Raises
    ------
    ProjectError
        There is no such file, or it is not UTF-8.
    """
    try:
        return Path(path).expanduser().read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ProjectError(f"The file {str(path)!r} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ProjectError(
            f"The file {str(path)!r} is not UTF-8, as Panoptic's files are (byte {error.start}). "
            "Save it as UTF-8."
        ) from error
