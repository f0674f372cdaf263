"""Actions of the widget that are written in Python alone; importing it registers them all."""

from panoptic_nb.widgets.commands import (  # noqa: F401, I001 - each registers its actions, in order
    ranking,
    provenance,
    reworking,
    grouping,
    comparing,
    advice,
    tags,
    exporting,
)
from panoptic_nb.widgets.commands.command import COMMANDS, At, Command
from panoptic_nb.widgets.commands.result import Result

__all__ = ["COMMANDS", "At", "Command", "Result"]
