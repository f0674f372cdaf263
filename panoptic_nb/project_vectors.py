"""The vectors of a project's images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.errors import Cancelled, PanopticError
from panoptic_nb.jobs import Job
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.stored_vectors import VectorSet


class VectorWork(ProjectPart):
    """Computing, bringing and reading vectors."""

    @property
    def vector_sets(self) -> dict[str, VectorSet]:
        """The embeddings of the images, by name."""
        return self._sets.all()

    @property
    def vec_type(self) -> str | None:
        """Name of the vector set that functions use unless told otherwise: the newest one."""
        sets = self.vector_sets
        chosen = self._settings.get("vec_type")
        return chosen if chosen in sets else next(reversed(sets), None)

    def embed(
        self,
        encoder: Any = None,
        client: Any = None,
        *,
        greyscale: bool = False,
        batch_size: int | None = None,
    ) -> str:
        """Compute the vectors of the images that have none yet.

        Parameters
        ----------
        encoder
            None for open_clip's ViT-B-32; a name such as "efficientnet-lite0", "ViT-B-32:openai",
            "MobileCLIP2-S0:/path/to/weights.pt" or "timm:resnet18"; an `Encoder`; a fitted
            transformer of scikit-learn, see `panoptic_nb.embeddings.pixels`; or a function from a
            list of PIL images to an array (n, d). A named model downloads its weights on first use;
            `panoptic_nb.embeddings.encoder_choices` says how large they are.
        client
            A ``distributed.Client`` (``pip install "panoptic_nb[dask]"``): its workers read and
            compute, this process keeps what they finish. They need panoptic_nb, what the encoder
            needs, and to see the same files. An image on which workers die is left out in the
            end. For one graphics card per worker use ``dask_cuda.LocalCUDACluster``.
        greyscale
            Leave out the colours; the vectors are a set of their own, "clip-vit-b-32-grey".
        batch_size
            Images that are encoded at a time, on all cores together; by default as many as suit the
            encoder and the device. A kernel that is killed loses these at most.

        Returns
        -------
        str
            Name of the vector set, now the default of every function.

        Raises
        ------
        EncoderError
            The model or its weights are not there; the text says what to do.
        Cancelled
            The vectors computed so far are kept.
        """
        self.check_open()
        work = self._embedding(encoder, batch_size, greyscale, client)
        return self.jobs.run("embed", "Computing vectors", None, work)

    def start_embedding(self, encoder: Any = None) -> Job:
        """Begin `embed` in the background; what goes wrong is told by `events.message`."""
        self.check_open()
        return self.jobs.start(
            "embed",
            "Computing vectors",
            None,
            self._embedding(encoder),
            self._embedding_failed,
        )

    def _embedding(
        self,
        encoder: Any,
        batch_size: int | None = None,
        greyscale: bool = False,
        client: Any = None,
    ) -> Callable[[Job], str]:
        def work(job: Job) -> str:
            try:
                name = self._sets.embed(encoder, batch_size, job, greyscale, client)
            except Cancelled as error:
                raise _cancelled_embedding() from error
            self._use_vectors(name)
            self._tell(job.notices)
            return name

        return work

    def _embedding_failed(self, error: PanopticError) -> None:
        self._emit(self.events.vectors)  # what was computed before is there
        shown = _cancelled_embedding() if isinstance(error, Cancelled) else error
        self._emit(self.events.message, shown)

    def add_vectors(self, name: str, vectors: Any) -> None:
        """Bring your own vectors; they become the default of every function.

        Parameters
        ----------
        name
            Name of the vector set; one of that name is replaced.
        vectors
            An array (n, d) with rows as in ``project.df``, also a memory map or an array of Dask,
            HDF5 or Zarr, which may be larger than memory; a mapping from index label to vector;
            or the name of a column that holds a vector in each row. NaN or missing = no vector.

        Raises
        ------
        VectorError
            Shape, values or labels are wrong; nothing is changed.
        """
        self.check_open()
        self._table.check_rows()
        self._sets.add(name, vectors, self.df)
        self._use_vectors(name)

    def delete_vectors(self, name: str) -> None:
        """Forget a vector set; the clusters made from it stay.

        Raises
        ------
        VectorError
            There is no such vector set.
        """
        self.check_open()
        self._sets.delete(self._sets.find(name))
        self._emit(self.events.vectors)

    def vectors(self, name: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of a set, the default one if not named.

        Returns
        -------
        ndarray of float32 (n, d)
            Unit vectors, rows as in ``project.df``; NaN rows where there is none.

        Raises
        ------
        VectorError
            There is no such vector set.
        """
        by_image = self._sets.of_images(self._sets.find(name or self.vec_type))
        return self._sets.arrays.rows(by_image, self.images.image_of_row)

    def image_vectors(self, name: str | None = None) -> NDArray[np.float32] | None:
        """Return the unit vectors of the images, float32 (images, d), NaN where one has none.

        Those of the default set when there is none of that name; None when there are none at all.
        """
        name = name if name in self.vector_sets else self.vec_type
        return None if name is None else self._sets.of_images(name)

    def count_without_vector(self) -> int:
        """Return how many rows have no vector in the default set."""
        return self._sets.without_vector(self.vec_type)

    def warm_up(self) -> None:
        """Read the default vectors, and count what lacks one, before anybody asks for them."""
        if self.vec_type is not None:
            self._sets.warm_up(self.vec_type)
        self.count_without_vector()

    @property
    def vectors_are_counted(self) -> bool:
        """Whether `count_without_vector` answers at once; the first time it may take seconds."""
        return self._sets.is_counted(self.vec_type)

    def _use_vectors(self, name: str) -> None:
        self.remember(vec_type=name)
        self._emit(self.events.vectors)


def _cancelled_embedding() -> Cancelled:
    return Cancelled(
        "Cancelled. The vectors computed so far are kept: compute them again to go on.",
        key="cancelled_embedding",
    )
