"""Files at an address: fetched once, kept in the project folder, checked for a newer version."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from panoptic_nb import remote_access
from panoptic_nb.errors import ImageError
from panoptic_nb.remote_access import UnreachableError

#: Size in bytes (-1 where the server gives none), and a number that changes with the content.
Version = tuple[int, int]

# What servers tell of a file's version, under the names that fsspec's file systems give it.
_MARKS = (
    *("ETag", "etag", "e_tag", "Last-Modified", "LastModified", "last_modified", "updated"),
    *("mtime", "created", "Content-MD5", "content_md5", "md5Hash", "Digest", "sha256", "blob_id"),
)


@dataclass(frozen=True)
class RemoteFile(os.PathLike[str]):
    """A file that fsspec can read: https://, s3:// and others.

    Has what is used of `pathlib.Path`, with the address in the place of the path.

    Parameters
    ----------
    url
        The address.
    cache
        The folder where content is kept, one file each. Without one, or where there is no project
        folder to hold it, as on another machine, content is read anew each time.
    """

    url: str
    cache: Path | None = field(default=None, compare=False)

    def __fspath__(self) -> str:
        return self.url

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The last part of the address; on the web, without what follows a question mark."""
        own = self.url.partition("::")[0]
        scheme, _, rest = own.partition("://")
        if scheme.lower() in ("http", "https"):
            return unquote(PurePosixPath(urlsplit(own).path).name)
        return PurePosixPath(rest).name

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The extension with its dot, "" where there is none."""
        return PurePosixPath(self.name).suffix

    def open(self) -> BinaryIO:
        """Open the content that is kept, or else fetch it.

        Raises
        ------
        ImageError
            When it has to be fetched and cannot be.
        """
        if self.cache is None or not self.cache.parent.is_dir():
            return io.BytesIO(remote_access.content(self.url))
        return self.local().open("rb")

    def local(self) -> Path:
        """Return the file where the content is kept; it is fetched first if need be."""
        kept = self._kept()
        if kept is None:
            self.fetch()
            kept = self._kept()
        if kept is None:
            raise ImageError("what was fetched could not be kept in the project folder")
        return kept

    def fetch(self, known: Version | None = None) -> Version:
        """Fetch the newest content, unless it is kept or known already, and return its version.

        A server that does not answer changes nothing: what is known or kept counts on.

        Parameters
        ----------
        known
            The version of which there is nothing left to learn.

        Raises
        ------
        ImageError
            When there is no such file, or it cannot be fetched and none is kept.
        """
        try:
            version = _version(remote_access.info(self.url))
            if version != known and not self._place(version).exists():
                self._keep(version)
            return version
        except UnreachableError:
            kept = self._kept()
            if kept is not None:
                return _version_of(kept)
            if known is not None:
                return known
            raise

    def _kept(self) -> Path | None:
        place = self._place((0, 0))
        start = place.name.partition("-")[0]
        with suppress(OSError):
            for name in os.listdir(place.parent):  # noqa: PTH208 - ten times as fast
                if name.startswith(start) and not name.endswith(".part"):
                    return place.with_name(name)
        return None

    def _place(self, version: Version) -> Path:
        digest = hashlib.sha256(self.url.encode("utf-8", "surrogatepass")).hexdigest()
        size, number = version
        # In folders of their own: no folder grows so large that looking into it takes long.
        return (self.cache or Path()) / digest[:3] / f"{digest[3:35]}-{size}-{number}"

    def _keep(self, version: Version) -> None:
        place, before = self._place(version), self._kept()
        part = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}.part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            remote_access.download(self.url, part)
            part.replace(place)
            if before is not None:
                before.unlink(missing_ok=True)
        except OSError as error:
            raise ImageError(
                f"the project folder cannot keep it ({error.strerror or 'cannot be written'})"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _version(info: Mapping[str, Any]) -> Version:
    size = info.get("size")
    marks = [str(info[name]) for name in _MARKS if info.get(name) is not None]
    digest = hashlib.sha256("\n".join(marks).encode("utf-8", "replace")).digest()
    # 62 bits: databases hold signed numbers of 64.
    return (-1 if size is None else int(size)), int.from_bytes(digest[:8], "big") >> 2


def _version_of(kept: Path) -> Version:
    size, number = kept.name.partition("-")[2].rsplit("-", 1)
    return int(size), int(number)
