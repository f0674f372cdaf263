"""``df.panoptic``: what a DataFrame can do with its images and saved clusterings.

It is there once a project was opened, or after ``import panoptic_nb.accessor``: registering it
needs pandas, which takes longer to import than panoptic_nb.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb import columns
from panoptic_nb.errors import ProjectError
from panoptic_nb.labels import labels_of


@pd.api.extensions.register_dataframe_accessor("panoptic")
class Panoptic:
    """Open the images of a DataFrame, and read its saved clusterings without a project.

    Examples
    --------
    >>> import pandas as pd
    >>> import panoptic_nb.accessor
    >>> df = pd.DataFrame({"Clustering": pd.Categorical(["a/x", "a/y", None])})
    >>> df.panoptic.levels("Clustering")["Clustering 1"].tolist()
    ['a', 'a', nan]
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def open(
        self, folder: str | os.PathLike[str] | None = None, path_column: str | None = None
    ) -> Any:
        """Open the images as a project; see `panoptic_nb.open_project`."""
        from panoptic_nb.opening import open_project

        return open_project(self._frame, folder, path_column)

    def levels(self, column: str = columns.DEFAULT_NAME) -> pd.DataFrame:
        """Return one column per level of a saved clustering, for groupby."""
        return columns.levels(self._column(column), column)

    def labels(self, column: str = columns.DEFAULT_NAME) -> tuple[NDArray[np.int64], list[str]]:
        """Return a whole number per row for its cluster, -1 = none, and the label path of each."""
        return labels_of(self._column(column), column)

    def _column(self, name: str) -> pd.Series[Any]:
        if name not in self._frame.columns:
            known = ", ".join(repr(column) for column in self._frame.columns)
            raise ProjectError(f"There is no column {name!r}. Columns: {known}.")
        column: pd.Series[Any] = self._frame[name]
        # Files keep the label paths, but not all of them that these are categories.
        is_text = column.dropna().map(lambda value: isinstance(value, str)).all()
        return column.astype("category") if is_text else column
