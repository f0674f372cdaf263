"""A map that is kept with the project, and what it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from panoptic_nb.collection import Collection, as_digests

#: What of a map is written beside its places.
FIELDS = ("vec_type", "model_hash", "method", "seed", "params", "date")


@dataclass(frozen=True)
class KeptMap:
    """The places of images.

    Attributes
    ----------
    digests : ndarray of S20 (m,)
        The sha1 of the images that have a place.
    places : ndarray of float32 (m, 2)
    about : dict
        The fields `FIELDS`.
    """

    digests: NDArray[np.bytes_]
    places: NDArray[np.float32]
    about: dict[str, Any]

    def to_table(self) -> pa.Table:
        """Return it as a table; ``about`` goes into its metadata."""
        sha1 = pa.array(self.digests.tolist(), pa.binary())
        return pa.table({"sha1": sha1, "x": self.places[:, 0], "y": self.places[:, 1]})

    @classmethod
    def from_table(cls, table: pa.Table, about: dict[str, Any]) -> KeptMap:
        """Read what `to_table` wrote."""
        places = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1)
        digests = np.array(table["sha1"].to_pylist(), "S20")
        return cls(digests, places, {name: about[name] for name in FIELDS})

    def has(self, digests: NDArray[np.bytes_], about: Mapping[str, Any]) -> bool:
        """Tell whether these images have a place, and it was made of just that."""
        same = all(self.about[name] == value for name, value in about.items())
        return same and bool(np.isin(digests, self.digests).all())

    def of_images(self, images: Collection) -> NDArray[np.float32]:
        """Return the place of each image, float32 (images, 2), NaN where one has none."""
        at = images.positions_of_digests(self.digests)
        places = np.full((len(images), 2), np.nan, np.float32)
        places[at[at >= 0]] = self.places[at >= 0]
        return places


def kept_map(
    images: Collection,
    members: NDArray[np.int64],
    places: NDArray[np.float32],
    about: dict[str, Any],
) -> KeptMap:
    """Return the map of some images of a collection."""
    return KeptMap(as_digests(images.sha1_of(members)), places, about)
