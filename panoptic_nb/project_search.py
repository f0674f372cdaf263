"""Finding images of a project by what they show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from panoptic_nb.project_part import ProjectPart
from panoptic_nb.similar import direction, no_query_vector, similar


class Search(ProjectPart):
    """The part of `Project` that ranks images."""

    def similar(
        self,
        images: Any,
        count: int = 100,
        vec_type: str | None = None,
        min_similarity: float = -1.0,
    ) -> pd.DataFrame:
        """Find the images most similar to some: by the cosine to the mean of their vectors.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels. They are not among what
            is found.
        count
            How many images at most; each has as many rows as show it.
        vec_type
            Name of a vector set; the newest by default.
        min_similarity
            The least similarity, from -1 to 1.

        Returns
        -------
        pandas.DataFrame
            Under the labels of ``project.df``, the most similar first: ``similarity``, and
            ``percentile``, how many of 100 of the other images are at most that similar.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, ProjectError, ParameterError
        """
        self.check_open()
        members = self._chosen(images)[1]
        name = vec_type or self.vec_type
        if name is None:
            raise no_query_vector(len(members))
        vectors = self._sets.of_images(self._sets.find(name))
        towards = direction(vectors, members)
        return similar(vectors, towards, members, count, min_similarity).frame(self.images)
