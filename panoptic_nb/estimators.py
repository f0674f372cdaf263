"""scikit-learn's clusterers, and all that works like them, as clustering functions."""

from __future__ import annotations

import copy
import inspect
import math
import re
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from docstring_parser import numpydoc
from pydantic import Field

from panoptic_nb.error_text import named
from panoptic_nb.errors import FunctionError
from panoptic_nb.forms import RESERVED, SEED
from panoptic_nb.inputs import Vectors

#: What changes how the work is done or what else is kept, not which clusters come out.
NOT_FIELDS = {
    "compute_distances",
    "compute_labels",
    "copy",
    "copy_x",
    "leaf_size",
    "memory",
    "n_jobs",
    "store_centers",
    "verbose",
}
#: Names that have another meaning here.
TAKEN = {*RESERVED, SEED, "vectors"}
#: Begins the choices that ask for distances, where the images are given as vectors.
PRECOMPUTED = "precomputed"
#: Markup of docstrings: a role around what it names, and what says nothing in a form.
ROLE = re.compile(r":\w+:`~?([^`<]+?)\s*(?:<[^`]*>)?`")
NOISE = re.compile(r"`+|\s*\[\d+\]_")
#: Where a first sentence ends: before the next one, a list or another paragraph.
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n|\n\s*[-*] ")


class Estimator(Protocol):
    """An object that clusters in scikit-learn's way: it has ``fit_predict``, or ``fit``."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""

    def set_params(self, **params: Any) -> Any:
        """Change parameters."""


def is_estimator(thing: Any) -> bool:
    """Tell whether an object or a class clusters in scikit-learn's way."""

    def has(method: str) -> bool:
        return callable(getattr(thing, method, None))

    # What only fits may be a clusterer, but not when it transforms or predicts.
    only_fits = has("fit") and not has("transform") and not has("predict")
    return has("get_params") and has("set_params") and (has("fit_predict") or only_fits)


def as_function(estimator: Any) -> Callable[..., Any]:
    """Return a clustering function that fits a fresh copy of an estimator at each run.

    Parameters
    ----------
    estimator
        An object, or a class, which is taken with its defaults. Its parameters that are numbers,
        texts or yes and no now are those of the function, with these values as defaults; the
        others stay as they are. What is called ``random_state`` gets the seed.

    Returns
    -------
    callable
        From the vectors (n, d) to labels, int (n,), named after the class.

    Raises
    ------
    FunctionError
        A class cannot do without arguments, or the parameters cannot be read.
    """
    made = estimator if isinstance(estimator, type) else type(estimator)
    try:
        given = estimator() if estimator is made else estimator
        kept = copy.deepcopy(given.get_params(deep=False))
        seeds = [name for name in given.get_params() if name.split("__")[-1] == "random_state"]
    except Exception as error:  # other people's code
        raise FunctionError(
            f"The clusterer {made.__name__} cannot be registered: {named(error)}. Give an object "
            f"that is ready to be fitted, clustering_function({made.__name__}(...))."
        ) from error

    def cluster(vectors: Any, seed: int, **params: Any) -> Any:
        fresh = made(**copy.deepcopy(kept))
        fresh.set_params(**params, **dict.fromkeys(seeds, seed))
        if hasattr(fresh, "fit_predict"):
            return fresh.fit_predict(vectors)
        fresh.fit(vectors)
        return fresh.labels_

    summary, help_texts = _documentation(made)
    fields = list(_fields(made, kept, help_texts))
    by_name = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("vectors", by_name, annotation=Vectors),
        inspect.Parameter(SEED, by_name, annotation=int),
        *(inspect.Parameter(n, by_name, default=kept[n], annotation=hint) for n, hint in fields),
    ]
    cluster.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    cluster.__annotations__ = {p.name: p.annotation for p in parameters}
    cluster.__name__ = cluster.__qualname__ = made.__name__
    cluster.__doc__ = summary
    return cluster


def _documentation(made: type) -> tuple[str, dict[str, str]]:
    """Return the first sentence about a class, and about each of its parameters."""
    try:
        parsed = numpydoc.parse(inspect.getdoc(made) or "")
    except Exception:  # written for people; the form does without
        return "", {}
    texts = {p.arg_name: _first_sentence(p.description or "") for p in parsed.params}
    return _first_sentence(parsed.short_description or ""), texts


def _first_sentence(text: str) -> str:
    sentence = " ".join(END.split(text.strip())[0].split())
    return re.sub(":$", ".", NOISE.sub("", ROLE.sub(r"\1", sentence)))


def _fields(
    made: type, kept: dict[str, Any], help_texts: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    """Yield the name and type of what can be a field, in the order of the class."""
    allowed = getattr(made, "_parameter_constraints", None)
    for name in sorted(kept, key=_order(made)):
        if name in TAKEN or name in NOT_FIELDS or name.startswith("_"):
            continue
        # scikit-learn keeps to itself what its parameters may be, so anything may stand there.
        constraints = allowed.get(name) if isinstance(allowed, dict) else None
        hint = _hint(kept[name], constraints if isinstance(constraints, Sequence) else ())
        if hint is not None:
            described = Field(description=help_texts.get(name) or None)
            yield name, Annotated[hint, described]


def _order(made: type) -> Callable[[str], int]:
    try:
        names = list(inspect.signature(made).parameters)
    except (TypeError, ValueError):
        names = []
    return lambda name: names.index(name) if name in names else len(names)


def _hint(value: Any, constraints: Sequence[Any]) -> Any:
    """Return the type of the field for a parameter, None where there can be none."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is bool:
        return bool
    if type(value) is str:
        known = _choices(constraints)
        if not known:
            return str
        choices = tuple(sorted({*known, value}))
        return Literal[choices] if len(choices) > 1 else None
    if type(value) in (int, float) and math.isfinite(value):
        return next(_intervals(value, constraints), type(value))
    return None


def _choices(constraints: Sequence[Any]) -> set[str]:
    """Return the texts that a parameter may be."""
    choices: set[str] = set()
    for constraint in constraints:
        options = getattr(constraint, "options", None)
        if isinstance(options, set | frozenset):
            choices |= {option for option in options if isinstance(option, str)}
            choices -= set(getattr(constraint, "deprecated", None) or ())
    return {choice for choice in choices if not choice.startswith(PRECOMPUTED)}


def _intervals(value: float, constraints: Sequence[Any]) -> Iterator[Any]:
    """Yield number types with the bounds of the intervals for numbers of this kind."""
    for constraint in constraints:
        kind = getattr(constraint, "type", None)
        closed = getattr(constraint, "closed", None)
        if not isinstance(kind, type) or not isinstance(value, kind):
            continue
        if not issubclass(kind, Integral | Real) or not isinstance(closed, str):
            continue
        low, high = (_bound(getattr(constraint, side, None)) for side in ("left", "right"))
        with_low, with_high = closed in ("left", "both"), closed in ("right", "both")
        bounds = Field(
            ge=low if with_low else None,
            gt=None if with_low else low,
            le=high if with_high else None,
            lt=None if with_high else high,
        )
        yield Annotated[int if issubclass(kind, Integral) else float, bounds]


def _bound(value: Any) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None
