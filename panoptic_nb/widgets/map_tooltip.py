"""What the map shows of a point: the image and its cluster, made when it is asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.project import Project

#: Side of the picture, pixels.
SIZE = 128


class Tooltips:
    """Answers jupyter-scatter's plot when it asks for a point.

    Parameters
    ----------
    project
        Whose images the points are.
    images : ndarray of int64
        The image of each point.
    plot
        The plot; it shows tooltips from now on.
    """

    def __init__(self, project: Project, images: NDArray[np.int64], plot: Any) -> None:
        self._project = project
        self._images = images
        self._plot = plot
        plot._handle_tooltip = self._answer  # its own would want every picture beforehand
        plot.tooltip_properties = ["color"]
        plot.tooltip_preview = "image"
        plot.tooltip_preview_type = "image"
        plot.tooltip_preview_image_size = "contain"
        plot.tooltip_preview_image_height = SIZE
        plot.tooltip_enable = True

    def _answer(self, event: Mapping[str, Any]) -> None:
        point = event.get("index")
        if not isinstance(point, int) or not 0 <= point < len(self._images):
            return
        row = int(self._project.images.first_rows[self._images[point]])
        pictures = self._project.thumbnails.get([row], SIZE)
        if isinstance(pictures, Future):
            pictures.add_done_callback(lambda made: self._send(point, made.result()[0]))
        else:
            self._send(point, pictures[0])

    def _send(self, point: int, picture: bytes) -> None:
        data = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        self._plot.send({"type": "tooltip", "index": point, "preview": data, "properties": {}})
