"""Leiden communities of a graph; those of a large one are looked for in a process that can end.

The library cannot be interrupted. A process of its own can, and gives its memory back at once. It
runs this file, which therefore imports the rest of the package only where the process has no use
for it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from panoptic_nb.progress import Progress

#: Passes over the whole graph, each from the communities of the one before. A second one takes as
#: long again and changes little: a graph of at most so many edges, counted twice, is given it.
PASSES, SECOND_PASS = 2, 150_000
#: How freely the refinement may choose between communities of nearly the same use.
RANDOMNESS = 0.001
#: More edges than this take more than a second.
MANY_EDGES = 500_000
#: Files through which a graph goes to the other process.
NAMES = ("indptr", "indices", "weights")


def communities(
    graph: csr_matrix, resolution: float, seed: int, progress: Progress
) -> NDArray[np.int64]:
    """Partition a graph into communities of high modularity.

    V. Traag, L. Waltman and N. van Eck 2019, "From Louvain to Leiden".

    Parameters
    ----------
    graph : scipy.sparse.csr_matrix (n, n)
        Weights of an undirected graph: symmetric, not negative.
    resolution : float
        Above 1 there are more and smaller communities than modularity itself would choose.
    seed : int
    progress : Progress
        A cancel ends a search that has begun.

    Returns
    -------
    ndarray of int64 (n,)
        Labels from 0 on.
    """
    if not graph.nnz:
        return np.arange(graph.shape[0])
    graph.sort_indices()  # the result depends on the order of the edges
    arrays = graph.indptr.astype(np.int64), graph.indices.astype(np.int32), graph.data
    if graph.nnz <= MANY_EDGES:
        return _search(*arrays, resolution, seed)
    with tempfile.TemporaryDirectory(prefix="panoptic_nb_") as folder:
        for name, array in zip(NAMES, arrays, strict=True):
            np.save(Path(folder, name), array)
        return _search_in_process(folder, resolution, seed, progress)


def _search(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.floating],
    resolution: float,
    seed: int,
) -> NDArray[np.int64]:
    from graspologic_native import leiden_csr

    n = len(indptr) - 1
    _, found = leiden_csr(
        indptr,
        indices,
        weights.astype(np.float64),
        n,
        resolution=resolution,
        randomness=RANDOMNESS,
        iterations=PASSES if len(indices) <= SECOND_PASS else 1,
        seed=seed,
    )
    return np.fromiter((found[node] for node in range(n)), np.int64, n)


def _search_in_process(
    folder: str, resolution: float, seed: int, progress: Progress
) -> NDArray[np.int64]:
    from panoptic_nb.error_text import first_line
    from panoptic_nb.errors import FunctionError

    # -P: the child must not find modules beside this file before those of Python itself.
    command = [sys.executable, "-P", __file__, folder, repr(resolution), str(seed)]
    said = Path(folder, "said.txt")
    try:
        with said.open("w") as file, subprocess.Popen(command, stderr=file) as child:
            _wait(child, progress)
        return np.asarray(np.load(Path(folder, "labels.npy")))
    except (OSError, TypeError) as error:  # not started, killed for memory, or a full disk
        last = said.read_text(errors="replace").strip().rpartition("\n")[2] if said.exists() else ""
        reason = last or first_line(error)
        raise FunctionError(
            f"The search for communities ended early ({reason}). Close what needs memory and run "
            "it again, or give a number of clusters instead of -1.",
            key="communities_failed",
            reason=reason,
        ) from error


def _wait(child: subprocess.Popen[bytes], progress: Progress) -> None:
    try:
        while child.poll() is None:
            progress(0, None, "communities")
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
    finally:
        child.kill()


def _main(folder: str, resolution: str, seed: str) -> None:
    indptr, indices, weights = (np.load(Path(folder, f"{name}.npy")) for name in NAMES)
    np.save(Path(folder, "labels"), _search(indptr, indices, weights, float(resolution), int(seed)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
