"""Places in two dimensions for vectors of many."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.clustering.neighbours import nearest_neighbours
from panoptic_nb.error_text import named, short
from panoptic_nb.errors import FunctionError, ParameterError
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]
Method = Literal["umap", "tsne"]
#: Parameters of each method, with their usual values and what they must reach.
PARAMETERS: dict[str, dict[str, tuple[float, float]]] = {
    "umap": {"n_neighbors": (15, 2), "min_dist": (0.1, 0)},
    "tsne": {"perplexity": (30, 1)},
}
#: Images that a method arranges itself; t-SNE takes far longer.
ARRANGED = {"umap": 50_000, "tsne": 20_000}
#: Fewer are laid out by their principal components: the methods need neighbours.
FEWEST = 5
#: Images of the map that a further one is put between.
BESIDE = 5
#: Seconds until a cancel is noticed.
PATIENCE = 0.2
_BLOCK_ENTRIES = 1 << 24


def checked(method: Any, params: Mapping[str, Any]) -> dict[str, float]:
    """Return all parameters of a method, or raise `ParameterError`."""
    if method not in get_args(Method):
        raise ParameterError.of(
            "method", f"The method of a map is 'umap' or 'tsne'. Got {short(method)}."
        )
    known = PARAMETERS[method]
    values = {name: usual for name, (usual, _) in known.items()}
    for name, value in params.items():
        if name not in known:
            raise ParameterError.of(
                name, f"{method!r} has no parameter {name!r}. It has: {', '.join(known)}."
            )
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not known[name][1] <= value < np.inf:
            raise ParameterError.of(
                name, f"{name} must be a number, at least {known[name][1]}. Got {short(value)}."
            )
        values[name] = value.item() if isinstance(value, np.number) else value
    return values


def arrange(
    vectors: Vectors32, method: Method, params: Mapping[str, float], seed: int, progress: Progress
) -> Vectors32:
    """Return the place of each vector, float32 (n, 2).

    The methods arrange the first `ARRANGED` vectors: ordered by a hash of the images, they are as
    good as drawn. Each further one is put at the mean place of the `BESIDE` most similar of these,
    weighted by similarity.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors, in canonical order.
    method
        "umap" (L. McInnes, J. Healy, J. Melville 2018), of umap-learn; "tsne" (L. van der Maaten,
        G. Hinton 2008; Barnes-Hut approximation), of scikit-learn.
    params
        As `checked` returns them.
    seed
        Of what is random.

    Raises
    ------
    FunctionError
        A package is missing, or the method fails.
    Cancelled
        A method that runs then goes on in the background for a while; its result is not used.
    """
    arranged = vectors[: ARRANGED[method]]
    if len(arranged) < FEWEST:
        places = _principal(arranged)
    elif method == "umap":
        places = _umap(arranged, params, seed, progress)
    else:
        places = _tsne(arranged, params, seed, progress)
    progress.check()
    rest = vectors[len(arranged) :]
    return np.concatenate([places, _beside(rest, arranged, places, progress)]).astype(np.float32)


def _umap(
    vectors: Vectors32, params: Mapping[str, float], seed: int, progress: Progress
) -> Vectors32:
    progress(0, None, "arranging")
    try:
        import umap
    except ImportError as error:
        raise FunctionError(
            f"A map by 'umap' needs the package {error.name!r}, which is not installed. Run pip "
            "install 'panoptic_nb[map]', or choose method='tsne'.",
            key="map_not_installed",
            package=error.name,
        ) from error
    count = min(round(params["n_neighbors"]), len(vectors) - 1)
    # Found by our own search: it tells its progress, and can be cancelled.
    neighbours = _with_itself(*nearest_neighbours(vectors, count - 1, seed, progress))
    progress(0, None, "arranging")
    model = umap.UMAP(
        n_neighbors=count,
        min_dist=params["min_dist"],
        metric="euclidean",  # of unit vectors: the order of their cosines
        random_state=seed,
        n_jobs=1,  # what a seed asks for anyway
        precomputed_knn=neighbours,
    )
    return _fitted(model, vectors, progress)


def _with_itself(
    neighbours: NDArray[np.int32], similarities: Vectors32
) -> tuple[NDArray[np.int32], Vectors32]:
    """Return neighbours as UMAP wants them: nearest first, each vector its own first one."""
    own = np.arange(len(neighbours), dtype=np.int32)[:, None]
    distances = np.sqrt(np.maximum(2 - 2 * similarities, 0))
    # A vector in the place of neighbours that were not found is as far as the farthest.
    missing = neighbours == own
    farthest = np.where(missing, 0, distances).max(axis=1, initial=0, keepdims=True)
    distances = np.where(missing, farthest, distances)
    order = np.argsort(distances, axis=1, kind="stable")
    nearest = np.take_along_axis(neighbours, order, axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    zero = np.zeros((len(own), 1), np.float32)
    return np.hstack([own, nearest]), np.hstack([zero, distances]).astype(np.float32)


def _tsne(
    vectors: Vectors32, params: Mapping[str, float], seed: int, progress: Progress
) -> Vectors32:
    from sklearn.manifold import TSNE

    progress(0, None, "arranging")
    # Three times as many neighbours are looked at as the perplexity says.
    perplexity = min(params["perplexity"], (len(vectors) - 1) / 3)
    return _fitted(TSNE(perplexity=perplexity, init="pca", random_state=seed), vectors, progress)


def _fitted(model: Any, vectors: Vectors32, progress: Progress) -> Vectors32:
    """Let a method run in a thread, which is left to itself when the user cancels."""
    places: Future[Vectors32] = Future()

    def work() -> None:
        try:
            places.set_result(model.fit_transform(vectors))
        except BaseException as error:
            places.set_exception(error)

    with warnings.catch_warnings():
        # That all vectors are equal, that no further ones can be placed, and the like.
        warnings.simplefilter("ignore")
        threading.Thread(target=work, daemon=True, name="map").start()
        while not wait([places], PATIENCE).done:
            progress.check()
    try:
        return places.result()
    except Exception as error:
        raise FunctionError(
            f"The map could not be made: {named(error)}. Try the other method, or other vectors.",
            key="map_failed",
            error=named(error),
        ) from error


def _principal(vectors: Vectors32) -> Vectors32:
    """Return the first two principal components of a few vectors."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64) if len(vectors) else vectors
    places = np.zeros((len(vectors), 2), np.float32)
    if len(vectors) > 1:
        left, scale, _ = np.linalg.svd(centred, full_matrices=False)
        found = (left * scale)[:, :2]
        places[:, : found.shape[1]] = found
    return places


def _beside(
    rest: Vectors32, arranged: Vectors32, places: Vectors32, progress: Progress
) -> Vectors32:
    """Return places for further vectors, near the most similar of those that have one."""
    result = np.empty((len(rest), 2), np.float32)
    if not len(rest):
        return result

    def work(block: slice) -> None:
        similarity = rest[block] @ arranged.T
        nearest = similarity.argpartition(-BESIDE, axis=1)[:, -BESIDE:]
        weights = np.take_along_axis(similarity, nearest, axis=1).clip(1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        result[block] = np.einsum("nk,nkd->nd", weights, places[nearest])

    rows = max(1, _BLOCK_ENTRIES // len(arranged))
    for _ in map_blocks(work, row_blocks(len(rest), rows), progress, "placing"):
        pass
    return result
