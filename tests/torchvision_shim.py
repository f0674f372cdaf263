"""For test machines that have torch's CPU build beside torchvision's CUDA build.

Such a torchvision cannot load its compiled operators, and its import then stops because the
operator "nms" is not declared. Declaring it is enough for the transforms, which are plain Python.
Users have pairs that match; for the others the product says what to install.
"""

from __future__ import annotations

import importlib
import sys

_declared = None  # operators are undeclared again when their library object is collected


def apply() -> None:
    """Make ``import torchvision`` work. Call it before open_clip or timm is imported."""
    global _declared
    if _declared is not None:
        return
    try:
        importlib.import_module("torchvision")
    except ModuleNotFoundError:
        return
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    import torch

    _declared = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        _declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    importlib.import_module("torchvision")
