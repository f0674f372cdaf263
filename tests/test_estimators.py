"""Clusterers of scikit-learn, and look-alikes, registered as they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fixtures import blobs, check_split, write_images
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import (
    DBSCAN,
    HDBSCAN,
    OPTICS,
    AffinityPropagation,
    AgglomerativeClustering,
    Birch,
    KMeans,
    SpectralClustering,
)
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import panoptic_nb as pn
from panoptic_nb.functions import ClusteringFunction, registry

SIZES = (14, 9, 7)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    before = {function.name for function in registry}
    yield
    for function in list(registry):
        if function.name not in before:
            registry.remove(function.name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    folder = tmp_path_factory.mktemp("estimators") / "images"
    write_images(folder, sum(SIZES))
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        yield project


def registered(estimator: Any, name: str) -> ClusteringFunction:
    pn.clustering_function(estimator, name=name)
    return registry.get(name)


def fields(estimator: Any) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in registered(estimator, "one").form.fields}


@pytest.mark.filterwarnings("ignore:The default value of `copy`:FutureWarning")
@pytest.mark.parametrize(
    "estimator",
    [KMeans(), DBSCAN(), Birch(), AgglomerativeClustering(), SpectralClustering(), HDBSCAN()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_it_clusters_with_its_own_defaults(project: pn.Project, estimator: Any) -> None:
    assert pn.clustering_function(estimator) is estimator
    name = type(estimator).__name__
    node = project.run(name, seed=3)
    check_split(node)
    vectors = project.vectors()[project.images.first_rows]  # sorted by sha1, as functions get them
    if hasattr(estimator, "random_state"):
        estimator.set_params(random_state=3)
    labels = estimator.fit_predict(vectors)
    clusters = {frozenset(np.flatnonzero(labels == label)) for label in set(labels) - {-1}}
    assert {frozenset(c.members) for c in node.children if c.kind == "group"} == clusters
    assert project.run(name, **{f["name"]: f["default"] for f in registry.get(name).form.fields})
    assert registry.get(name).help.endswith(".")


def test_numbers_texts_and_yes_or_no_are_the_fields_with_their_present_values() -> None:
    form = fields(Birch(threshold=0.4, n_clusters=None))
    assert {name: field["default"] for name, field in form.items()} == {
        "threshold": 0.4,
        "branching_factor": 50,
    }
    assert form["threshold"]["type"] == "float" and "radius" in form["threshold"]["help"]
    assert next(iter(fields(KMeans()))) == "n_clusters", "in the order of the class"
    assert fields(HDBSCAN())["allow_single_cluster"]["type"] == "bool"
    assert "max_eps" not in fields(OPTICS()), "infinite: no form can hold it"
    whole = fields(SpectralClustering())["degree"]
    assert (whole["type"], whole["default"]) == ("float", 3)


def test_bounds_and_choices_are_those_that_scikit_learn_checks() -> None:
    damping = fields(AffinityPropagation())["damping"]
    assert (damping["minimum"], damping["exclusive_maximum"]) == (0.5, 1)
    form = fields(DBSCAN())
    assert form["eps"]["exclusive_minimum"] == 0 and form["min_samples"]["minimum"] == 1
    metrics = [option["value"] for option in form["metric"]["options"]]
    assert {"cosine", "euclidean"} <= set(metrics) and "precomputed" not in metrics
    with pytest.raises(pn.ParameterError, match="eps must be greater than 0"):
        registry.get("one").form.check("one", {"eps": 0})


def test_what_is_known_of_the_parameters_may_change_with_scikit_learn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for found in (None, {}, {"eps": 3, "metric": object(), "min_samples": [object(), int]}):
        monkeypatch.setattr(DBSCAN, "_parameter_constraints", found)
        form = fields(DBSCAN(metric="cosine"))
        assert (form["eps"]["type"], form["metric"]["type"]) == ("float", "str")
        assert "minimum" not in form["min_samples"]


def test_the_seed_of_the_run_decides_and_is_no_field(project: pn.Project) -> None:
    class Random(BaseEstimator, ClusterMixin):
        def __init__(self, random_state: Any = None) -> None:
            self.random_state = random_state

        def fit(self, x: Any, y: Any = None) -> Any:
            assert self.random_state is not None
            self.labels_ = np.random.RandomState(self.random_state).randint(0, 3, len(x))
            return self

    assert registered(Random(), "random").form.fields == []
    runs = [project.run("random", seed=seed) for seed in (1, 1, 2)]
    one, again, other = ([list(child.members) for child in run.children] for run in runs)
    assert one == again != other
    registered(make_pipeline(PCA(5), Random()), "piped")
    assert [list(child.members) for child in project.run("piped", seed=2).children] == other


def test_each_run_fits_a_fresh_copy_of_what_was_registered(project: pn.Project) -> None:
    mine = KMeans(3)
    registered(mine, "mine")
    mine.set_params(n_clusters=7)
    assert len(project.run("mine").children) == 3
    assert len(project.run("mine", n_clusters=2).children) == 2
    assert len(project.run("mine").children) == 3
    assert not hasattr(mine, "labels_")


def test_what_it_calls_noise_is_unassigned(project: pn.Project) -> None:
    pn.clustering_function(DBSCAN, name="dbscan")
    node = project.run("dbscan", eps=0.5, min_samples=10)
    kinds = [(child.kind, len(child.members)) for child in node.children]
    assert kinds == [("group", 14), ("unassigned", 16)]


def test_a_look_alike_needs_the_methods_only(project: pn.Project) -> None:
    class First:
        """Take the first ones. And so on."""

        def __init__(self, count: int = 4, function: str = "x", _hidden: int = 1) -> None:
            self.kept = {"count": count, "function": function, "_hidden": _hidden}

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            return self.kept

        def set_params(self, **params: Any) -> None:
            self.kept |= params

        def fit(self, x: Any) -> None:
            self.labels_ = np.where(np.arange(len(x)) < self.kept["count"], 0, -1)

    assert pn.clustering_function(First) is First
    assert registry.get("First").help == "Take the first ones."
    assert [field["name"] for field in registry.get("First").form.fields] == ["count"]
    assert len(project.run("First", count=5).children[0].members) == 5


def test_what_goes_wrong_inside_is_one_sentence(project: pn.Project) -> None:
    registered(KMeans(100), "many")
    with pytest.raises(pn.FunctionError, match=r"'many' failed: ValueError: n_samples=30 should"):
        project.run("many")
    with pytest.raises(pn.FunctionError, match=r"returns labels or groups\. Got PCA\(\)"):
        registered(PCA(), "no_clusters")


def test_a_class_that_needs_arguments_is_refused_with_what_to_do() -> None:
    class Needs(BaseEstimator, ClusterMixin):
        def __init__(self, count: int) -> None:
            self.count = count

    with pytest.raises(pn.FunctionError, match=r"clustering_function\(Needs\(\.\.\.\)\)"):
        pn.clustering_function(Needs)


def test_scikit_learn_is_not_imported_before_it_is_used() -> None:
    code = (
        "import sys, panoptic_nb as pn; from panoptic_nb.functions import registry; list(registry);"
        " print([m for m in sys.modules if m in ('sklearn', 'scipy', 'graspologic_native')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
