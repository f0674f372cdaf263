"""Clusters as scikit-learn's labels: a whole number per row, -1 for none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.errors import ProjectError


def labels_of(column: pd.Series[Any], name: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return the label of each row of a column of label paths, and the path of each label.

    Raises
    ------
    ProjectError
        The clusters overlap, so that a row has several.
    """
    if not isinstance(column.dtype, pd.CategoricalDtype):
        raise ProjectError(
            f"{name} holds several clusters a row, or none at all, so that a row has no single "
            "label. Use .explode() on the column, and one label per line."
        )
    codes = column.cat.codes.to_numpy().astype(np.int64)
    return codes, [str(path) for path in column.cat.categories]
