"""The map of a project as a widget: a scatter plot of jupyter-scatter, in step with the others."""

from __future__ import annotations

from typing import Any

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.errors import FunctionError
from panoptic_nb.project import Project
from panoptic_nb.widgets.map_colours import cluster_of_images, colour
from panoptic_nb.widgets.map_tooltip import Tooltips
from panoptic_nb.widgets.page_theme import PageTheme
from panoptic_nb.widgets.session import Session

#: Ground, tooltip and ink of the map in a light and in a dark page.
SHADES = {False: (1.0, 1.0, 0.0), True: (0.067, 0.2, 1.0)}
#: More clusters than that have no legend: it would cover the map.
LONGEST_LEGEND = 15
#: Diameter of the points, pixels, up to so many points.
SIZES = ((500, 8), (5_000, 6), (50_000, 4), (np.inf, 2))
#: Name of what is in no cluster.
NO_CLUSTER = "-"
#: Empty space around the points, as a share of their extent.
MARGIN = 0.06


class ClusterMap(ipywidgets.VBox):
    """The images of a project in two dimensions; ``project.show_map()`` returns it.

    A point is an image, coloured by its cluster: that of the working tree, grey outside of all.
    The colours follow every edit. Points that are selected here, with the lasso of the toolbar, are
    selected in every widget of the project and in ``project.on("selection", ...)``, and the other
    way round. Resting on a point shows the image and its cluster.

    Parameters
    ----------
    project
        What to show.
    places
        As of `Project.map`, which is asked by default.
    height
        In pixels.

    Attributes
    ----------
    project : Project
    scatter : jscatter.Scatter
        The plot; its methods change how it looks.

    Raises
    ------
    FunctionError
        The package jupyter-scatter is not installed.
    """

    def __init__(
        self, project: Project, places: pd.DataFrame | None = None, *, height: int = 480
    ) -> None:
        jscatter = _jscatter()
        project.check_open()
        self.project = project
        self.session = Session.of(project)
        images = project.images
        points = (project.map() if places is None else places).to_numpy(np.float32)
        by_image = points[images.first_rows]
        #: The image of each point, and the point of each image, -1 where it has none.
        self._images: NDArray[np.int64] = np.flatnonzero(~np.isnan(by_image[:, 0]))
        self._points = np.full(len(images), -1)
        self._points[self._images] = np.arange(len(self._images))
        frame = pd.DataFrame(by_image[self._images], columns=["x", "y"])
        x_scale, y_scale = _same_scale(frame)
        self.scatter: Any = jscatter.Scatter(
            data=frame, x="x", y="y", x_scale=x_scale, y_scale=y_scale, height=height
        )
        self.scatter.axes(axes=False)  # of a map, only distances mean something
        self.scatter.size(default=next(size for most, size in SIZES if len(frame) <= most))
        self._plot: Any = self.scatter.widget
        self._names, self._codes = pd.Index([]), np.empty(0, np.int64)
        self._theme = PageTheme()
        self._tooltips = Tooltips(project, self._images, self._plot)
        self._recolour()
        self._show_selection()
        super().__init__([self._theme, self._plot])
        self._theme.observe(self._show_theme, "dark")
        self._plot.observe(self._selected_in_browser, "selection")
        self.session.selected.connect(self._show_selection)
        project.events.tree.connect(self._recolour)

    @classmethod
    def of(cls, project: Project, places: pd.DataFrame, height: int) -> ClusterMap:
        """Return the map of these places, the one that there is: a cell may run many times."""
        maps = Session.of(project).maps
        key = f"{places.attrs} {height}"
        if key not in maps or maps[key].comm is None:  # none yet, or it was closed
            maps[key] = cls(project, places, height=height)
        shown: ClusterMap = maps[key]
        return shown

    @property
    def selected(self) -> list[Any]:
        """Index labels of the selected images, with a place on the map or not."""
        labels: list[Any] = self.project.images.frame_index[self.session.selection].tolist()
        return labels

    def __repr__(self) -> str:
        return f"<ClusterMap of {self.project!r}. Run this cell to see it.>"

    def _recolour(self) -> None:
        codes, leaves = cluster_of_images(self.project.tree)
        # Names that no point has would shift the colours.
        used, codes = np.unique(codes[self._images], return_inverse=True)
        shown = [None if number < 0 else leaves[number] for number in used.tolist()]
        names = pd.Index([leaf.path if leaf else NO_CLUSTER for leaf in shown])
        if names.equals(self._names) and np.array_equal(codes, self._codes):
            return
        self._names, self._codes = names, codes
        by = pd.Categorical.from_codes(codes, names)
        self.scatter.color(by=by, map=[colour(leaf) for leaf in shown])
        self._plot.color_title = "Cluster"
        self._plot.legend = len(shown) <= LONGEST_LEGEND
        self._show_theme()

    def _show_theme(self, _change: object = None) -> None:
        ground, tooltip, ink = SHADES[self._theme.dark]
        plot = self._plot
        plot.background_color = [ground] * 3 + [1.0]
        plot.tooltip_color = [tooltip] * 3 + [1.0]
        plot.reticle_color = [ink] * 3 + [0.25]
        # Not by the plot's own `background`, which brings axes and a legend back.
        if plot.legend:
            plot.legend_color = [ink] * 3 + [1.0]

    def _show_selection(self) -> None:
        """Show what is selected in the other widgets."""
        images = self._selected_images()
        if not np.array_equal(images, self._images_of(self._plot.selection)):
            self._plot.selection = self._points[images].astype(np.uint32)

    def _selected_in_browser(self, change: Any) -> None:
        """Select in the other widgets what was selected here."""
        images = self._images_of(change.new)
        # Of a pile, some rows may be selected elsewhere: they are this image already.
        if not np.array_equal(images, self._selected_images()):
            self.session.select(self.project.images.rows(images))

    def _selected_images(self) -> NDArray[np.int64]:
        """Return the images of the map that are selected in the project, ascending."""
        images = np.unique(self.project.images.image_of_row[self.session.selection])
        return images[self._points[images] >= 0]

    def _images_of(self, points: Any) -> NDArray[np.int64]:
        chosen = np.asarray([] if points is None else points, np.int64)
        there = chosen[(chosen >= 0) & (chosen < len(self._images))]
        return np.unique(self._images[there])


def _same_scale(places: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the extents of x and y that are shown: equally long, so that distances compare."""
    low, high = places.min().to_numpy(np.float64), places.max().to_numpy(np.float64)
    half = max(float((high - low).max(initial=0)) / 2, 1e-6) * (1 + 2 * MARGIN)
    centre = (low + high) / 2 if len(places) else np.zeros(2)
    return [(float(middle - half), float(middle + half)) for middle in centre]


def _jscatter() -> Any:
    try:
        import jscatter
    except ImportError as error:
        raise FunctionError(
            f"The map as a widget needs the package {error.name!r}, which is not installed. Run "
            "pip install 'panoptic_nb[map]'; project.map() returns the places without it.",
            key="map_not_installed",
            package=error.name,
        ) from error
    return jscatter
