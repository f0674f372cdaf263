"""Clustering functions: one call registers them all, ours and everybody's."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeVar, cast, overload

from psygnal import Signal

from panoptic_nb.error_text import named, short
from panoptic_nb.errors import FunctionError
from panoptic_nb.estimators import Estimator, as_function, is_estimator
from panoptic_nb.forms import Form, read_form, summary

logger = logging.getLogger(__name__)

ENTRY_POINTS = "panoptic_nb.functions"
BUILT_IN = (
    "panoptic_nb.clustering.compute_clusters",
    "panoptic_nb.clustering.duplicates",
    "panoptic_nb.clustering.tags",
    "panoptic_nb.clustering.agglomerative",
)
DEFAULT_FUNCTION = "compute_clusters"

Order = Literal["score", "given"]


@dataclass(frozen=True)
class ClusteringFunction:
    """A registered function.

    Attributes
    ----------
    name : str
    function : callable
    title : str
        For people; the name by default.
    order : {"score", "given"}
        Whether its groups are sorted by ascending score or stay in the order they came in.
    experimental : bool
    previews : mapping
        For some of its parameters, the function that counts what each value would give.
    """

    name: str
    function: Callable[..., Any]
    form: Form
    title: str
    order: Order = "score"
    experimental: bool = False
    previews: Mapping[str, ClusteringFunction] = field(default_factory=dict)

    @property
    def help(self) -> str:
        """First sentence of the docstring."""
        return summary(self.function)

    @cached_property
    def needs_vectors(self) -> bool:
        """Whether it takes vectors."""
        return "vectors" in self.form.given.values()


@dataclass(frozen=True)
class BrokenFunction:
    """A plugin that could not be loaded: shown greyed, with the reason."""

    name: str
    error: str


class Registry:
    """All clustering functions by name; plugins are looked for on first use."""

    #: Emitted after each registration, so that open widgets show new functions at once.
    changed = Signal()

    def __init__(self) -> None:
        self._functions: dict[str, ClusteringFunction] = {}
        self._broken: dict[str, BrokenFunction] = {}
        self._loaded = False
        self._loading = threading.RLock()

    def add(self, function: ClusteringFunction) -> None:
        """Register a function; one of the same module and name is replaced."""
        if function.function.__module__ not in BUILT_IN:
            _import_built_in()  # so that their names are taken, whoever comes first
        before = self._functions.get(function.name)
        ours, theirs = function.function.__module__, before and before.function.__module__
        if before and ours != theirs:
            raise FunctionError(
                f"There is already a function {function.name!r}, from {theirs}. Choose another "
                f"name: @clustering_function(name='my_{function.name}')."
            )
        self._functions[function.name] = function
        self.changed.emit()

    def remove(self, name: str) -> None:
        """Forget a function."""
        self._functions.pop(name, None)
        self.changed.emit()

    def get(self, name: str) -> ClusteringFunction:
        """Return a function by name."""
        self._load()
        if not isinstance(name, str):
            raise FunctionError(
                f"A clustering function is chosen by its name. Got {short(name)}. Functions: "
                f"{', '.join(self._functions)}."
            )
        if name in self._functions:
            return self._functions[name]
        if name in self._broken:
            raise FunctionError(
                f"The function {name!r} could not be loaded: {self._broken[name].error}."
            )
        raise FunctionError(
            f"There is no clustering function {name!r}. Functions: {', '.join(self._functions)}.",
            key="no_function",
            function=name,
        )

    def __iter__(self) -> Iterator[ClusteringFunction | BrokenFunction]:
        self._load()
        yield from list(self._functions.values())  # other threads may register meanwhile
        yield from list(self._broken.values())

    def _load(self) -> None:
        _import_built_in()
        with self._loading:  # a second thread waits until all plugins are there
            if self._loaded:
                return
            self._loaded = True
            for entry_point in entry_points(group=ENTRY_POINTS):
                self._load_plugin(entry_point)

    def _load_plugin(self, entry_point: EntryPoint) -> None:
        try:
            loaded = entry_point.load()
            if not isinstance(loaded, ClusteringFunction):
                clustering_function(loaded, name=entry_point.name)
        except Exception as error:  # a plugin may fail in any way; the others must not suffer
            logger.warning("plugin %s could not be loaded", entry_point.name, exc_info=True)
            self._broken[entry_point.name] = BrokenFunction(entry_point.name, named(error))


def _import_built_in() -> None:
    for module in BUILT_IN:
        importlib.import_module(module)


registry = Registry()

F = TypeVar("F", bound=Callable[..., Any] | Estimator)


@overload
def clustering_function(function: F, /) -> F: ...


@overload
def clustering_function(
    function: F,
    /,
    *,
    name: str | None = None,
    title: str | None = None,
    order: Order = "score",
    experimental: bool = False,
    previews: Mapping[str, Callable[..., Any]] | None = None,
) -> F: ...


@overload
def clustering_function(
    *,
    name: str | None = None,
    title: str | None = None,
    order: Order = "score",
    experimental: bool = False,
    previews: Mapping[str, Callable[..., Any]] | None = None,
) -> Callable[[F], F]: ...


def clustering_function(
    function: F | None = None,
    /,
    *,
    name: str | None = None,
    title: str | None = None,
    order: Order = "score",
    experimental: bool = False,
    previews: Mapping[str, Callable[..., Any]] | None = None,
) -> F | Callable[[F], F]:
    """Register a function that groups images; its parameters become a form in the widget.

    What the function is *given* is declared by type: `panoptic_nb.Vectors`, `Images`,
    `TextEncoder`, `Decisions`, `Progress`, and an integer named ``seed``. Every other parameter is
    a field of the form: int, float, bool, str, a ``Literal`` of choices, or `panoptic_nb.Tags` (a
    tag column). Bounds are written ``Annotated[int, pydantic.Field(ge=1)]``, and
    `panoptic_nb.ShownWhen` beside them hides a field that does not apply; the docstring gives the
    help.

    A clusterer of scikit-learn, or any object or class with its methods (``get_params``,
    ``set_params``, and ``fit_predict`` or ``fit`` with ``labels_``), is registered as it is. Each
    run fits a fresh copy on the unit vectors. Its numbers, texts and yes-or-no parameters become
    fields with their present values as defaults; the others stay as they are; ``random_state`` is
    the seed of the run. It cannot be cancelled while it fits.

    Parameters
    ----------
    function
        Returns one integer label per image (-1 = unassigned), or a list of `panoptic_nb.Group`.
        Or a clusterer.
    name, title
        What code and people call it; the name of the function or of the clusterer's class by
        default. Objects without a name of their own, such as ``functools.partial``, need one.
    order
        "score" sorts the groups by ascending score, "given" leaves them as they come.
    experimental
        Says so in the list of functions.
    previews
        By name of a parameter, a function that is given the same things and has no fields, and
        returns `panoptic_nb.clustering.thresholds.Thresholds`: what each value would give. The
        form offers it below that field.

    Raises
    ------
    FunctionError
        A parameter cannot be a field of a form, or the name is taken, or a class of clusterers
        cannot do without arguments.

    Examples
    --------
    >>> import panoptic_nb as pn
    >>> @pn.clustering_function
    ... def by_format(images: pn.Images, *, square: float = 1.2):
    ...     "Group images by their format: square, landscape, portrait."
    ...     ratio = images.width / images.height
    ...     return (ratio > square) * 1 + (ratio < 1 / square) * 2

    >>> from sklearn.cluster import DBSCAN
    >>> clusterer = pn.clustering_function(DBSCAN(eps=0.2, metric="cosine"), name="dbscan")
    """

    def register(given: F) -> F:
        function = as_function(given) if is_estimator(given) else cast("Callable[..., Any]", given)
        label = _name(function, name)
        form = read_form(function, label)
        counted = {
            parameter: _preview(label, form, parameter, preview)
            for parameter, preview in (previews or {}).items()
        }
        registry.add(
            ClusteringFunction(label, function, form, title or label, order, experimental, counted)
        )
        return given

    return register if function is None else register(function)


def _preview(
    name: str, form: Form, parameter: str, preview: Callable[..., Any]
) -> ClusteringFunction:
    own = read_form(preview, name)
    if own.fields or parameter not in [field["name"] for field in form.fields]:
        raise FunctionError(
            f"The function {name!r} has a preview of {parameter!r} that cannot be offered: a "
            "preview belongs to a field of the form and has no fields of its own."
        )
    return ClusteringFunction(name, preview, own, name)


def _name(function: Any, name: Any) -> str:
    if not callable(function):
        raise FunctionError(
            f"A clustering function is a function that returns labels or groups. Got"
            f" {short(function)}, which cannot be called."
        )
    called = getattr(function, "__name__", None) if name is None else name
    if not isinstance(called, str) or not called.strip():
        given = "it has none of its own" if name is None else f"got {short(name)}"
        raise FunctionError(
            f"The clustering function {short(function)} needs a name, and {given}. Use"
            " clustering_function(function, name='...')."
        )
    return called
