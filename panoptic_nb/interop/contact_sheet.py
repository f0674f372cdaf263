"""The images of a cluster side by side, for a paper: PNG or PDF."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from panoptic_nb.error_text import short
from panoptic_nb.errors import ImageError, ProjectError
from panoptic_nb.folder import write_file
from panoptic_nb.images import read_image
from panoptic_nb.interop.files import AnyPath, target
from panoptic_nb.interop.html import score_level
from panoptic_nb.interop.page_size import spread
from panoptic_nb.interop.texts import Texts

if TYPE_CHECKING:
    from panoptic_nb.project import Project
    from panoptic_nb.tree import Members, Node

#: Dots per inch: what journals ask of pictures.
DPI = 300
ENDINGS = (".png", ".pdf")
#: The largest side of a picture that programs commonly open.
LONGEST = 30_000
#: A page of a PDF is about as high as A4 is to its width.
RATIO = 1.4
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (235, 235, 235)
#: Fonts that know many scripts, where the system has them; the last resort knows Latin alone.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Layout:
    """How a sheet is made: cells of `cell` pixels, `columns` a row, with or without a title."""

    columns: int
    rows: int | None
    cell: int
    title: bool

    def __post_init__(self) -> None:
        for name, low, high in (("columns", 1, 100), ("rows", 1, 10_000), ("cell", 16, 2048)):
            value = getattr(self, name)
            if name == "rows" and value is None:
                continue
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            if not is_whole or not low <= value <= high:
                raise ProjectError(
                    f"{name} is a whole number from {low} to {high}. Got {short(value)}."
                )

    @property
    def gap(self) -> int:
        """Pixels between two cells, and around."""
        return max(2, self.cell // 20)

    def size(self, rows: int, title: int) -> tuple[int, int]:
        """Return width and height, in pixels, of so many rows under a title."""
        step = self.cell + self.gap
        return self.columns * step + self.gap, rows * step + self.gap + title


def contact_sheet(
    project: Project,
    shown: Node | Members,
    path: AnyPath,
    layout: Layout,
    texts: Texts,
    font: str | None,
) -> Path:
    """Do `Project.contact_sheet` for a cluster, or for images in an order."""
    file = target(path, ENDINGS)
    ordered = _ordered(project, shown)
    most = None if layout.rows is None else layout.rows * layout.columns
    members = ordered[spread(len(ordered), most)].tolist()
    heading = _title(shown, len(ordered), len(members), texts) if layout.title else ""
    letters = _font(max(12, layout.cell // 6), font)
    if file.suffix.lower() == ".png":
        pages = [members]
    else:
        a_page = layout.columns * max(1, round(layout.columns * RATIO) - 1)
        pages = [members[at : at + a_page] for at in range(0, len(members), a_page)]
    drawn = [
        _draw(project, part, layout, heading if at == 0 else "", letters)
        for at, part in enumerate(pages)
    ]
    content = io.BytesIO()
    if file.suffix.lower() == ".png":
        drawn[0].save(content, "PNG", dpi=(DPI, DPI))
    else:
        drawn[0].save(
            content, "PDF", resolution=DPI, save_all=True, append_images=drawn[1:], quality=92
        )
    write_file(file, content.getvalue())
    return file


def _ordered(project: Project, shown: Node | Members) -> Members:
    if isinstance(shown, np.ndarray):
        return shown
    ordered: Members = shown.members[project.average_hash[shown.members].argsort(kind="stable")]
    return ordered


def _title(what: Node | Members, n: int, shown: int, texts: Texts) -> str:
    some = texts("html.shown", shown=texts.number(shown), n=texts.number(n))
    count = some if shown < n else texts.count("html.images", n)
    if isinstance(what, np.ndarray):
        return count
    label = what.path if what.kind == "group" else texts(f"kinds.{what.kind}")
    parts = [label, count]
    if what.score is not None:
        level, score = score_level(what.score)
        meaning = texts(f"score.{level}")
        parts.insert(1, texts("score.label", score=score, meaning=meaning).lower())
    return " · ".join(parts)


def _draw(
    project: Project, members: Sequence[int], layout: Layout, heading: str, font: Font
) -> Image.Image:
    rows = max(1, math.ceil(len(members) / layout.columns))
    lines = _wrapped(heading, font, layout.size(1, 0)[0] - 2 * layout.gap)
    box = font.getbbox("Ég")
    line_height = int(box[3] * 1.3)
    title = len(lines) * line_height + layout.gap if lines else 0
    width, height = layout.size(rows, title)
    if max(width, height) > LONGEST:
        raise ProjectError(
            f"A sheet of {len(members)} images would be {width} x {height} pixels, and {LONGEST} "
            "is the most. Give rows= to show some of them, or write a PDF, which has pages."
        )
    sheet = Image.new("RGB", (width, height), WHITE)
    pen = ImageDraw.Draw(sheet)
    for at, line in enumerate(lines):
        pen.text((layout.gap, layout.gap + at * line_height), line, fill=BLACK, font=font)
    step = layout.cell + layout.gap
    for at, member in enumerate(members):
        left = layout.gap + at % layout.columns * step
        top = title + layout.gap + at // layout.columns * step
        image = _image(project, member, layout.cell)
        if image is None:
            pen.rectangle((left, top, left + layout.cell, top + layout.cell), fill=GREY)
            continue
        inset = (layout.cell - image.width) // 2, (layout.cell - image.height) // 2
        sheet.paste(image, (left + inset[0], top + inset[1]))
    return sheet


def _image(project: Project, member: int, cell: int) -> Image.Image | None:
    """Return an image that fits a cell, from the stored thumbnail where that is large enough."""
    (jpeg,) = project.store.thumbnails([project.images.sha1[member]], cell)
    image = Image.open(io.BytesIO(jpeg)).convert("RGB") if jpeg else None
    if image is None or max(image.size) < cell:
        try:
            path = project.paths[project.images.first_rows[member]]
            image = read_image(path)
        except ImageError:  # the file is gone: the thumbnail is what there is
            pass
    if image is not None:
        scale = cell / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS) if scale < 1 else image
    return image


def _wrapped(text: str, font: Font, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font(size: int, wanted: str | None) -> Font:
    for name in (wanted,) if wanted else FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    if wanted:
        raise ProjectError(f"There is no font {wanted!r}. Give the path of a .ttf or .otf file.")
    return ImageFont.load_default(size)
