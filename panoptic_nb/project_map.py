"""The map of a project: its images in two dimensions, kept with the project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ParameterError
from panoptic_nb.jobs import Job
from panoptic_nb.mapping.kept import KeptMap, kept_map
from panoptic_nb.mapping.layout import Method, arrange, checked
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.record import now
from panoptic_nb.vector_sets import no_vectors

if TYPE_CHECKING:
    from panoptic_nb.project import Project
    from panoptic_nb.widgets.cluster_map import ClusterMap

#: The seed of a map for which none is given.
SEED = 0


class MapWork(ProjectPart):
    """Laying the images out in two dimensions, and showing that."""

    whole: Project | None

    def map(
        self,
        vec_type: str | None = None,
        method: Method = "umap",
        seed: int | None = None,
        **params: Any,
    ) -> pd.DataFrame:
        """Return a place in two dimensions for each image, similar images near each other.

        It is computed once and kept with the project, one for each vector set and method: the same
        map comes back in the next session, whatever the order of the rows. It is computed anew when
        images or vectors were added, or when another seed or parameter is asked for. Of more than
        50,000 images (t-SNE: 20,000), the first by sha1, which are as good as drawn, are arranged,
        and each other one is put beside the five of them that are most similar to it. The map of a
        part of a project is that part of the map of the project.

        Parameters
        ----------
        vec_type
            Name of a vector set; the newest by default.
        method
            "umap", which needs ``pip install 'panoptic_nb[map]'``, or "tsne".
        seed
            Of what is random; None = that of the map that is kept, else 0.
        **params
            Of "umap": ``n_neighbors`` (15), ``min_dist`` (0.1). Of "tsne": ``perplexity`` (30).
            Small collections have fewer neighbours.

        Returns
        -------
        pandas.DataFrame
            Under the labels of ``project.df``: ``x`` and ``y``, float32, NaN for an image without a
            vector. Its ``attrs`` say of what it was made: ``vec_type``, ``model_hash``, ``method``,
            ``seed``, ``params``, ``date``.

        Raises
        ------
        ParameterError
            There is no such method or parameter, or it is out of bounds.
        FunctionError
            A package is missing, or the method failed.
        NoVectorsError, VectorError, Cancelled

        Examples
        --------
        >>> project.df.join(project.map("clip-vit-b-32", seed=1))  # doctest: +SKIP
        """
        if self.whole is not None:
            return self.whole.map(vec_type, method, seed, **params).reindex(self.df.index)
        kept = self._map(vec_type, method, seed, params)
        places = kept.of_images(self.images)[self.images.image_of_row]
        frame = pd.DataFrame(places, self.images.frame_index, ["x", "y"])
        frame.attrs.update(kept.about)
        return frame

    def show_map(
        self,
        vec_type: str | None = None,
        method: Method = "umap",
        seed: int | None = None,
        height: int = 480,
        **params: Any,
    ) -> ClusterMap:
        """Return the widget of the map, see `panoptic_nb.ClusterMap`; arguments as of `map`."""
        from panoptic_nb.widgets import ClusterMap

        return ClusterMap.of(cast(Any, self), self.map(vec_type, method, seed, **params), height)

    def _map(
        self, vec_type: str | None, method: Method, seed: int | None, params: Mapping[str, Any]
    ) -> KeptMap:
        """Return the map that is kept, or make it."""
        self.check_open()
        self._table.check_rows()
        wanted = checked(method, params)
        _check_seed(seed)
        if vec_type is None and self.vec_type is None:
            raise no_vectors(None, len(self.images))
        name = self._sets.find(vec_type or self.vec_type)
        vectors = self._sets.of_images(name)
        members = np.flatnonzero(~np.isnan(vectors[:, 0]))
        if not len(members):
            raise no_vectors(name, len(self.images))
        about = {
            "vec_type": name,
            "model_hash": self._sets.all()[name].model_hash,
            "method": method,
            "seed": SEED if seed is None else int(seed),
            "params": wanted,
        }
        kept = self._files.read_map(name, method)
        if kept is not None:
            if seed is None:
                about["seed"] = kept.about["seed"]
            about["params"] = {**kept.about["params"], **{key: wanted[key] for key in params}}
            if kept.has(self.images.digests[members], about):
                return kept
        return self._make_map(vectors, members, about)

    def _make_map(
        self, vectors: NDArray[np.float32], members: NDArray[np.int64], about: dict[str, Any]
    ) -> KeptMap:
        def work(job: Job) -> KeptMap:
            places = arrange(vectors[members], about["method"], about["params"], about["seed"], job)
            made = kept_map(self.images, members, places, {**about, "date": now()})
            job.check()
            self._files.write_map(made)
            return made

        return self.jobs.run("map", "Computing the map", None, work)


def _check_seed(seed: Any) -> None:
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if seed is not None and not (whole and 0 <= seed < 2**32):
        raise ParameterError.of(
            "seed", f"A seed is a whole number from 0 to {2**32 - 1}. Got {short(seed)}."
        )
