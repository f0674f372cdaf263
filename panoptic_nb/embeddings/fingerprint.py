"""A hash of what a function does, to tell it from another one of the same name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

_VALUES = (bool, int, float, complex, str, bytes)


def fingerprint(function: Any) -> str:
    """Return 16 hexadecimal digits that change with a function's code and the values it carries.

    Values are those of its closure and defaults: numbers, texts, arrays and collections of them,
    and other functions. Of other objects the class and the numbers and texts among their attributes
    count: nothing else is sure to be the same in the next session. Global variables do not count.
    """
    digest = hashlib.sha256()
    for part in _parts(function, frozenset()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _parts(value: Any, above: frozenset[int]) -> Iterator[bytes]:
    yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
    if id(value) in above:  # a function that refers to itself
        return
    above |= {id(value)}
    if isinstance(value, _VALUES):
        yield repr(value).encode()
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    else:
        for inner in _inside(value):
            yield from _parts(inner, above)


def _inside(value: Any) -> list[Any]:
    """Return the values that make up another one."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, Mapping):
        return [item for pair in value.items() for item in pair]
    if isinstance(value, CodeType):
        return [value.co_code, value.co_consts, value.co_names, value.co_freevars]
    if isinstance(value, FunctionType):
        carried = [_content(cell) for cell in value.__closure__ or ()]
        return [value.__code__, value.__defaults__, value.__kwdefaults__, carried]
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, partial):
        return [value.func, value.args, value.keywords]
    call = getattr_static(type(value), "__call__", None)
    code = call if isinstance(call, FunctionType) else None
    return [getattr(value, "__qualname__", ""), code, _attributes(value)]


def _attributes(value: Any) -> list[tuple[str, Any]]:
    # What an object sets when it first loads a model is None before, and no number or text after.
    held = {} if isinstance(value, type) else getattr(value, "__dict__", {})
    return [(name, held[name]) for name in sorted(held) if isinstance(held[name], _VALUES)]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None
