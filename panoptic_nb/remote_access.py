"""Asking a server through fsspec: with a limit of time, and with a reason where it fails.

fsspec is imported when the first address is read.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ImageError

# Seconds that a server has for an answer: about a file, with a file, and for a whole list.
_FOR_FACTS, _FOR_CONTENT, _FOR_A_LIST = 15, 600, 600
# After so many failures in a row a server counts as not reachable, for so many seconds: thousands
# of files must not each wait for the time limit.
_FAILURES, _SECONDS_OFF = 3, 30.0

# Errors of the disk here, not of the server.
_FULL = (errno.ENOSPC, errno.EDQUOT)

_REMOTE = 'pip install "panoptic_nb[remote]"'
_PACKAGES = {
    **dict.fromkeys(("http", "https"), _REMOTE),
    **dict.fromkeys(("s3", "s3a"), "pip install s3fs"),
    **dict.fromkeys(("gs", "gcs"), "pip install gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "pip install adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "pip install paramiko"),
    **dict.fromkeys(("smb",), "pip install smbprotocol"),
    **dict.fromkeys(("hf",), "pip install huggingface_hub"),
}


class UnreachableError(ImageError):
    """The server does not answer; whether there is such a file is not known."""


def info(url: str) -> Mapping[str, Any]:
    """Return what a server tells of a file: "size", and whatever it has of time and hash."""
    found: Mapping[str, Any] = _ask(url, "info", _FOR_FACTS)
    if found.get("type") == "directory":
        raise ImageError("is a folder")
    return found


def content(url: str) -> bytes:
    """Return the content of a file."""
    return bytes(_ask(url, "cat_file", _FOR_CONTENT))


def download(url: str, place: Path) -> None:
    """Write the content of a file to a place on a disk, piece by piece.

    Raises
    ------
    OSError
        It cannot be written.
    """
    place.touch()  # what is wrong with the disk is no fault of the server
    _ask(url, "get_file", _FOR_CONTENT, str(place))


def listing(url: str) -> list[str]:
    """Return the addresses of all files below a folder, sorted."""
    file_system, _ = _file_system(url)
    file_system.invalidate_cache()
    names = _ask(url, "find", _FOR_A_LIST)
    if not names:
        _ask(url, "info", _FOR_FACTS)  # a list leaves out what goes wrong
    return sorted(str(file_system.unstrip_protocol(name)) for name in names)


def _ask(url: str, method: str, seconds: int, *arguments: str) -> Any:
    host = _host(url)
    _hosts.check(host)
    try:
        file_system, path = _file_system(url)
        answer = _call(file_system, method, seconds, path, *arguments)
    except ImageError:
        raise
    except Exception as error:  # each file system raises exceptions of its own
        if getattr(error, "errno", None) in _FULL:
            raise
        refusal = _refusal(error, url, seconds)
        _hosts.note(host, refusal if isinstance(refusal, UnreachableError) else None)
        raise refusal from error
    _hosts.note(host, None)
    return answer


def _file_system(url: str) -> tuple[Any, str]:
    protocol = url.partition("://")[0].partition("::")[0].lower()
    try:
        from fsspec.core import url_to_fs

        file_system, path = url_to_fs(url, **_options(url))
    except ImportError as error:
        command = _PACKAGES.get(protocol)
        raise ImageError(
            f"a package is missing for {protocol}:// addresses: {command}"
            if command
            else f"a package is missing for {protocol}:// addresses ({first_line(error)})"
        ) from error
    except Exception as error:  # an unknown protocol, or options that are missing
        raise ImageError(f"the address cannot be used ({first_line(error)})") from error
    return file_system, path


def _options(url: str) -> dict[str, Any]:
    """Return what is told to file systems of the web, unless the user's configuration does."""
    from fsspec.config import conf

    # Some servers refuse programs that do not say who they are; proxies stand in the environment.
    client = {"client_kwargs": {"headers": {"User-Agent": "panoptic_nb"}, "trust_env": True}}
    web = [scheme for scheme in ("http", "https") if f"{scheme}://" in url.lower()]
    return {scheme: client for scheme in web if "client_kwargs" not in conf.get(scheme, {})}


def _call(file_system: Any, method: str, seconds: int, *arguments: str) -> Any:
    if not getattr(file_system, "async_impl", False):
        return getattr(file_system, method)(*arguments)
    from fsspec.asyn import sync

    return sync(file_system.loop, getattr(file_system, f"_{method}"), *arguments, timeout=seconds)


def _refusal(error: Exception, url: str, seconds: int) -> ImageError:
    # Over HTTP, fsspec calls every failure "not found"; its cause tells which it was.
    cause = error.__cause__ if isinstance(error, FileNotFoundError) else None
    status = getattr(cause or error, "status", None)
    if isinstance(status, int) and status not in (401, 403, 404, 410):
        return ImageError(f"the server answers {status} {getattr(cause or error, 'message', '')}")
    if isinstance(error, PermissionError) or status in (401, 403):
        return ImageError("no permission to read the file")
    if isinstance(error, FileNotFoundError) and (cause is None or status is not None):
        return ImageError("file not found")
    if isinstance(error, IsADirectoryError):
        return ImageError("is a folder")
    kind = type(cause or error).__name__
    if isinstance(cause or error, TimeoutError) or "Timeout" in kind:
        return UnreachableError(f"no answer from {_host(url)} within {seconds} seconds")
    if isinstance(cause or error, OSError) or "Connect" in kind or "Disconnect" in kind:
        return UnreachableError(f"no connection to {_host(url)}")
    return ImageError(f"cannot be fetched ({kind}: {first_line(cause or error)})")


def _host(url: str) -> str:
    parts = urlsplit(url.rpartition("::")[2])
    return f"{parts.scheme}://{parts.netloc}"


class _Hosts:
    """Remembers which servers do not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float, str]] = {}

    def check(self, host: str) -> None:
        """Raise `UnreachableError` for a server that failed just now, several times in a row."""
        with self._lock:
            count, when, reason = self._failures.get(host, (0, 0.0, ""))
        if count >= _FAILURES and time.monotonic() - when < _SECONDS_OFF:
            raise UnreachableError(reason)

    def note(self, host: str, failure: UnreachableError | None) -> None:
        """Note an answer, or that there was none."""
        with self._lock:
            if failure is None:
                self._failures.pop(host, None)
            else:
                count = self._failures.get(host, (0, 0.0, ""))[0]
                self._failures[host] = (count + 1, time.monotonic(), failure.reason)


_hosts = _Hosts()
