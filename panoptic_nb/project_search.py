"""Searching a project by an image, a text, a cluster or a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.masks import rows_of_mask
from panoptic_nb.progress import Progress
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.queries import (
    Kind,
    check_kind,
    direction_of_image,
    direction_of_vector,
    is_mask,
    kind_of,
    labels_of,
)
from panoptic_nb.similar import direction, similar
from panoptic_nb.tree import Members, Node
from panoptic_nb.vector_sets import no_vectors
from panoptic_nb.warn import warn

Direction = NDArray[np.floating[Any]]
_NO_IMAGES = np.empty(0, np.int64)


class Search(ProjectPart):
    """Ranking images by how similar they are to something."""

    def search(
        self,
        query: Any,
        *,
        vec_type: str | None = None,
        n: int | None = 100,
        node: int | str | Node | None = None,
        kind: Kind | None = None,
        include_query: bool = False,
        min_similarity: float = -1.0,
    ) -> pd.DataFrame:
        """Rank images by their similarity to a text, an image, a cluster or a vector.

        Parameters
        ----------
        query
            * a text, for vectors of a model of images and texts;
            * an index label of ``project.df``, several of them, or a mask (True for each row that
              is meant);
            * a cluster, as a `Node`; its label path will do where vectors know no texts;
            * an image that is not in the project: the path of a file (a text counts as one when
              it names a file or ends like one, ".jpg"), an address (http://, https://, data:, and
              what fsspec knows, such as s3://), or a PIL image;
            * a vector, as floats.

            Of several images, the normalised mean of their vectors is searched with. A text that
            is an index label, a file or an address means that: `kind` says otherwise.
        vec_type
            Name of a vector set; the newest by default.
        n
            How many images at most, None = all; each has as many rows as show it.
        node
            Search the images of this cluster alone (id, label path or `Node`); percentiles are
            then among them.
        kind
            "text", "rows", "node" (then an id or a label path will do), "image" or "vector": what
            the query is, where it could be several of these.
        include_query
            Rank the images that one searches with too; otherwise they are left out.
        min_similarity
            The least similarity, from -1 to 1.

        Returns
        -------
        pandas.DataFrame
            Under the labels of ``project.df``, the most similar first and of equals the first by
            sha1, a row for each row that shows an image: ``similarity``, the cosine to what was
            asked with, float32, and ``percentile``, how many of 100 of the images searched are at
            most that similar, float32. Cosines of texts and images fill a narrow band (0.15 to
            0.35 for many CLIP models), so that the percentile says more about them.

        Raises
        ------
        ImageError
            The image cannot be reached or read; ``reason`` says why.
        EncoderError
            The vectors are of a model that knows no texts, or of no model that is known (those of
            `add_vectors`); or the model cannot be loaded.
        NoVectorsError, VectorError, TreeError, ProjectError, ParameterError

        Examples
        --------
        >>> found = project.search("a red flag", n=20)  # doctest: +SKIP
        >>> project.df.join(found, how="right")  # doctest: +SKIP
        >>> project.search(project.tree.node("Cluster 3"))  # doctest: +SKIP
        >>> project.search("https://example.org/image.jpg", min_similarity=0.5)  # doctest: +SKIP
        """
        self.check_open()
        self._table.check_rows()
        check_kind(kind)
        within = None if node is None else self.tree.node(self.tree.find(node)).members
        name = self._searched(vec_type)
        towards, members = self._direction(query, kind or self._kind(query, name), name)
        left_out = _NO_IMAGES if include_query else members
        count = max(len(self.images), 1) if n is None else n
        return self._ranked(name, towards, left_out, within, count, min_similarity)

    @property
    def searches(self) -> tuple[bool, bool]:
        """Whether the default vectors can be searched with other images, and with texts."""
        return (False, False) if self.vec_type is None else self._sets.reads(self.vec_type)

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
            As of `search`.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, ProjectError, ParameterError
        """
        self.check_open()
        members = self._chosen(images)[1]
        name = self._set_of(members, vec_type)
        towards = direction(self._sets.of_images(name), members)
        return self._ranked(name, towards, members, None, count, min_similarity)

    def _searched(self, vec_type: str | None) -> str:
        """Return the vector set to search in, or raise `VectorError`."""
        if vec_type is None and self.vec_type is None:
            raise no_vectors(None, len(self.images))
        return self._sets.find(vec_type or self.vec_type)

    def _direction(self, query: Any, kind: Kind, name: str) -> tuple[Direction, Members]:
        """Return what a query stands for, and the images of the project that it consists of."""
        if kind in ("rows", "node"):
            members = self._members(query, kind)
            return direction(self._sets.of_images(name), members), members
        if kind == "text":
            return self._direction_of_text(query, name), _NO_IMAGES
        vector_set = self._sets.all()[name]
        if kind == "vector":
            return direction_of_vector(query, vector_set.dim), _NO_IMAGES
        return direction_of_image(query, self._sets.encoder_of(vector_set)), _NO_IMAGES

    def _members(self, query: Any, kind: Kind) -> Members:
        if kind == "node":
            return self.tree.node(self.tree.find(query)).members
        if is_mask(query):
            index = self.images.frame_index
            return np.unique(self.images.image_of_row[rows_of_mask(query, index, index)])
        members = self.images.of_labels(labels_of(query, self.images))
        if not len(members):
            raise ProjectError(
                "There is nothing to search with: no row was given. Give index labels of "
                "project.df, a mask, a cluster, a text or an image."
            )
        return members

    def _kind(self, query: Any, name: str) -> Kind:
        """Return what a query is; where vectors know no text, a label path is a cluster."""
        kind = kind_of(query, self.images)
        if kind != "text" or all(node.path != query for node in self.tree.walk()):
            return kind
        if not self._sets.reads(name)[1]:
            return "node"
        warn(
            f"{query!r} is searched for as a text. There is a cluster of that name too: "
            f"project.search({query!r}, kind='node') finds the images that are similar to it."
        )
        return "text"

    def _direction_of_text(self, query: Any, name: str) -> Direction:
        if not isinstance(query, str) or not query.strip():
            raise ProjectError(
                f"A text to search with needs at least one visible character. Got {short(query)}.",
                key="empty_query",
            )
        towards: Direction = self._sets.text_encoder(self._sets.all()[name], Progress()).encode(
            [query]
        )[0]
        return towards

    def _ranked(
        self,
        name: str,
        towards: Direction,
        left_out: Members,
        within: Members | None,
        count: int,
        min_similarity: float,
    ) -> pd.DataFrame:
        if within is not None:
            outside = np.ones(len(self.images), bool)
            outside[within] = False
            outside[left_out] = True
            left_out = np.flatnonzero(outside)
        vectors = self._sets.of_images(name)
        return similar(vectors, towards, left_out, count, min_similarity).frame(self.images)
