"""The colours of tags."""

from __future__ import annotations

from panoptic_nb.error_text import short
from panoptic_nb.errors import TagError

#: The colours 0 to 11, as Panoptic counts them. Each carries white text (contrast at least 4.5).
COLOURS = (
    "#b3261e",
    "#a04a00",
    "#7a5c00",
    "#4f6b00",
    "#1b7340",
    "#00706a",
    "#006c9c",
    "#2b5fc7",
    "#6247c2",
    "#9437a8",
    "#b02a6c",
    "#5b6470",
)


def check_colour(colour: int) -> int:
    """Return the number of a colour, or raise `TagError`."""
    is_number = isinstance(colour, int) and not isinstance(colour, bool)
    if not is_number or not 0 <= colour < len(COLOURS):
        raise TagError(
            f"The colour of a tag is a whole number from 0 to {len(COLOURS) - 1}. "
            f"Got {short(colour)}."
        )
    return colour
