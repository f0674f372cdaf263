"""Explore, split and save clusters of images in a Jupyter notebook.

Names are imported when first used, so that ``import panoptic_nb`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from panoptic_nb.embeddings import EfficientNetLite as EfficientNetLite
    from panoptic_nb.embeddings import Encoder as Encoder
    from panoptic_nb.embeddings import OpenClip as OpenClip
    from panoptic_nb.errors import Cancelled as Cancelled
    from panoptic_nb.errors import EncoderError as EncoderError
    from panoptic_nb.errors import FunctionError as FunctionError
    from panoptic_nb.errors import LabelError as LabelError
    from panoptic_nb.errors import NoVectorsError as NoVectorsError
    from panoptic_nb.errors import PanopticError as PanopticError
    from panoptic_nb.errors import ParameterError as ParameterError
    from panoptic_nb.errors import ProjectError as ProjectError
    from panoptic_nb.errors import TagError as TagError
    from panoptic_nb.errors import TreeError as TreeError
    from panoptic_nb.errors import VectorError as VectorError
    from panoptic_nb.functions import clustering_function as clustering_function
    from panoptic_nb.groups import Group as Group
    from panoptic_nb.inputs import Decisions as Decisions
    from panoptic_nb.inputs import Images as Images
    from panoptic_nb.inputs import ShownWhen as ShownWhen
    from panoptic_nb.inputs import Tags as Tags
    from panoptic_nb.inputs import TextEncoder as TextEncoder
    from panoptic_nb.inputs import Vectors as Vectors
    from panoptic_nb.opening import open_project as open_project
    from panoptic_nb.progress import Progress as Progress
    from panoptic_nb.project import Project as Project
    from panoptic_nb.widgets import ClusterMap as ClusterMap
    from panoptic_nb.widgets import ClusterTree as ClusterTree
    from panoptic_nb.widgets import Explorer as Explorer
    from panoptic_nb.widgets import ImageGrid as ImageGrid

_HOMES = {
    "embeddings": ("EfficientNetLite", "Encoder", "OpenClip"),
    "errors": (
        "Cancelled",
        "EncoderError",
        "FunctionError",
        "LabelError",
        "NoVectorsError",
        "PanopticError",
        "ParameterError",
        "ProjectError",
        "TagError",
        "TreeError",
        "VectorError",
    ),
    "functions": ("clustering_function",),
    "groups": ("Group",),
    "inputs": ("Decisions", "Images", "ShownWhen", "Tags", "TextEncoder", "Vectors"),
    "opening": ("open_project",),
    "progress": ("Progress",),
    "project": ("Project",),
    "widgets": ("ClusterMap", "ClusterTree", "Explorer", "ImageGrid"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'panoptic_nb' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"panoptic_nb.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
