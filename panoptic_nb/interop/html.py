"""One page of HTML with the clusters and their images, which needs neither kernel nor network."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.interop.outline import Cluster
from panoptic_nb.interop.page_size import AROUND, SAMPLE, Room, find_room, spread
from panoptic_nb.interop.panoptic_csv import panoptic_paths
from panoptic_nb.interop.texts import Texts
from panoptic_nb.record import now

if TYPE_CHECKING:
    from panoptic_nb.project import Project

HERE = Path(__file__).parent
#: Panoptic's bounds of the badge, as the widget has them.
COHERENT_BELOW, MIXED_BELOW = 21, 56
LEVELS = {"coherent": "●", "mixed": "◆", "scattered": "▲"}
#: The stored thumbnails: images are enlarged to the first where that fits into the page.
SIZES = (256, 128)
#: A page with no more images than these shows all of them when it is opened.
OPENED = 300
MB = 1_000_000


def score_level(score: float) -> tuple[str, int]:
    """Return what a score means, and the number that is shown; half a point is rounded up."""
    shown = math.floor(score + 0.5)
    if shown < COHERENT_BELOW:
        return "coherent", shown
    return ("mixed" if shown < MIXED_BELOW else "scattered"), shown


def render(
    project: Project, top: Cluster, column: str | None, texts: Texts, thumb_size: int, max_mb: float
) -> str:
    """Return the page of some clusters of a project.

    Raises
    ------
    ProjectError
        A size is none, or one image of each cluster would already be too much.
    """
    for name, value, low in (("thumb_size", thumb_size, 16), ("max_mb", max_mb, 0.01)):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value < math.inf:
            raise ProjectError(f"{name} is a number from {low} up. Got {short(value)}.")
    page = _Page(project, top, column, texts, thumb_size, max_mb)
    limit = max_mb * MB
    room = page.room(limit)
    while len(text := page.text(room).encode("utf-8", "backslashreplace")) > max_mb * MB:
        limit *= 0.9  # the thumbnails of the sample were smaller than most
        room = page.room(limit)
    return text.decode()


@dataclass
class _Page:
    project: Project
    top: Cluster
    column: str | None
    texts: Texts
    thumb_size: int
    max_mb: float

    def __post_init__(self) -> None:
        self._bytes: dict[int, float] = {}
        images = self.project.images
        self._names = panoptic_paths(self.project.paths, relative=True)
        self._first_rows = images.first_rows
        self._copies = images.count_rows_each(np.arange(len(images)))
        self._around = len(self._frame("", 0).encode())

    def room(self, limit: float) -> Room:
        """Return what fits into so many bytes, or raise `ProjectError`."""
        leaves = self.top.leaves()
        nodes = sum(len(_attribute(c.label)) + 500 for c in self.top.walk())
        left = limit - self._around - nodes
        sizes = [s for s in SIZES if s >= self.thumb_size] or [SIZES[0]]
        room = find_room([len(leaf.members) for leaf in leaves], sizes, self._image_bytes, left)
        if room is None:
            least = (limit - left + len(leaves) * self._image_bytes(sizes[-1])) / MB
            raise ProjectError(
                f"A page with one image of each of the {len(leaves)} lowest clusters takes about "
                f"{least:.1f} MB, and max_mb is {self.max_mb:g}. Raise it, or close some clusters."
            )
        return room

    def _image_bytes(self, size: int) -> float:
        if size not in self._bytes:
            sha1 = self.project.images.sha1
            some = [sha1[at] for at in spread(len(sha1), SAMPLE)]
            jpegs = self.project.store.thumbnails(some, size)
            mean = sum(len(jpeg or b"") for jpeg in jpegs) / len(some)
            self._bytes[size] = mean * 4 / 3 + AROUND
        return self._bytes[size]

    def text(self, room: Room) -> str:
        """Return the whole page."""
        leaves = self.top.leaves()
        shown = sum(min(len(c.members), room.per_leaf or len(c.members)) for c in leaves)
        left_out = sum(len(leaf.members) for leaf in leaves) - shown
        return self._frame(self._cluster(self.top, room, shown <= OPENED), left_out)

    # ------------------------------------------------------------------ parts

    def _frame(self, tree: str, left_out: int) -> str:
        from panoptic_nb import __version__

        t = self.texts
        column = self.column
        about = t("html.working") if column is None else t("html.column", column=column)
        told = (
            f'<p class="left-out">{t.count("html.left_out", left_out, mb=f"{self.max_mb:g}")}</p>'
            if left_out
            else ""
        )
        values = {
            "lang": t.language,
            "title": _text(t("html.title", name=self.project.name)),
            "about": _text(about),
            "css": (HERE / "page.css").read_text(encoding="utf-8"),
            "js": (HERE / "page.js").read_text(encoding="utf-8"),
            "size": f"{self.thumb_size:g}",
            "left_out": told,
            "tree": tree,
            "badges": _text(t("html.badges", low=COHERENT_BELOW, high=MIXED_BELOW)),
            "footer": _text(t("html.footer", version=__version__, date=now()[:10])),
        }
        for key in ("open_all", "close_all", "close", "enlarged", "keys"):
            values[key] = _attribute(t(f"html.{key}"))
        page = (HERE / "page.html").read_text(encoding="utf-8")
        parts = page.split("@@")  # every second part is the name of a value
        return "".join(values[part] if at % 2 else part for at, part in enumerate(parts))

    def _cluster(self, cluster: Cluster, room: Room, opened: bool) -> str:
        inside = (
            "".join(self._cluster(child, room, opened) for child in cluster.children)
            if cluster.children
            else self._images(cluster, room)
        )
        is_open = " open" if opened or cluster.kind == "root" else ""
        return (
            f'<details class="{cluster.kind}"{is_open}><summary>{self._summary(cluster, room)}'
            f"</summary><div>{inside}</div></details>\n"
        )

    def _summary(self, cluster: Cluster, room: Room) -> str:
        t = self.texts
        label = cluster.label if cluster.kind == "group" else t(f"kinds.{cluster.kind}")
        rows = self.project.images.count_rows(cluster.members)
        counts = [t.count("html.images", rows)]
        if cluster.children:
            groups = sum(child.kind == "group" for child in cluster.children)
            counts.append(t.count("html.clusters", groups))
            if made := cluster.children[0].made_by:
                counts.append(t("html.made_by", **_call(made)))
        elif room.per_leaf is not None and room.per_leaf < len(cluster.members):
            shown, n = t.number(room.per_leaf), t.number(len(cluster.members))
            counts = [t("html.shown", shown=shown, n=n)]
        counted = " · ".join(_text(text) for text in counts)
        return f"<bdi>{_text(label)}</bdi>{self._badge(cluster.score)}<span>{counted}</span>"

    def _badge(self, score: float | None) -> str:
        if score is None:
            return ""
        level, shown = score_level(score)
        meaning = self.texts(f"score.{level}")
        said = _attribute(self.texts("score.label", score=shown, meaning=meaning))
        return f'<b class="{level}" role="img" aria-label="{said}">{LEVELS[level]} {shown}</b>'

    def _images(self, leaf: Cluster, room: Room) -> str:
        members = _in_order_of_looks(leaf, self.project.average_hash)
        chosen = members[spread(len(members), room.per_leaf)]
        sha1 = [self.project.images.sha1[member] for member in chosen]
        jpegs = self.project.store.thumbnails(sha1, room.size)
        cells = [self._image(m, j) for m, j in zip(chosen.tolist(), jpegs, strict=True)]
        return f'<div class="grid">{"".join(cells)}</div>'

    def _image(self, member: int, jpeg: bytes | None) -> str:
        name = self._names[self._first_rows[member]]
        copies = int(self._copies[member])
        if copies > 1:
            name = f"{name} ({self.texts.count('html.copies', copies)})"
        many = f"<i>\u00d7{copies}</i>" if copies > 1 else ""
        data = base64.b64encode(jpeg or b"").decode()
        source = f'src="data:image/jpeg;base64,{data}" ' if jpeg else ""
        said = _attribute(name)
        return f'<button title="{said}"><img {source}alt="{said}" loading="lazy">{many}</button>'


def _in_order_of_looks(leaf: Cluster, average_hash: NDArray[np.uint64]) -> NDArray[np.int64]:
    ordered: NDArray[np.int64] = leaf.members[np.argsort(average_hash[leaf.members], kind="stable")]
    return ordered


def _call(made: Any) -> dict[str, str]:
    given = ", ".join(f"{name}={value!r}" for name, value in made["parameters"].items())
    return {"function": f"{made['function']}({given})", "date": made["date"][:10]}


def _text(text: str) -> str:
    return escape(text, quote=False)


def _attribute(text: str) -> str:
    return escape(text)
