"""The methods paragraph says what the record says, in both languages."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fixtures import blobs, write_images

import panoptic_nb as pn
from panoptic_nb.records.methods_texts import ENGLISH, FRENCH, Sentence


@pytest.fixture
def project(tmp_path: Path) -> Iterator[pn.Project]:
    write_images(tmp_path / "images", 20)
    with pn.open_project(tmp_path / "images") as project:
        vectors = blobs([8, 7, 5])
        vectors[3] = np.nan
        project.add_vectors("made", vectors)
        project.compute_clusters(3, seed=4)
        project.compute_clusters(2, node="Cluster 0")
        project.compute_clusters(2, node="Cluster 1")
        project.rename("Cluster 2", "birds")
        project.move(project.tree.node("birds").index[:2], "Cluster 0/Cluster 0.0")
        project.save_clustering()
        yield project


def test_it_says_what_was_done(project: pn.Project) -> None:
    text = project.describe("Clustering", "en")
    for part in (
        "A collection of 20 images was explored",
        "All images were grouped by k-means (compute_clusters; nb_clusters = 3; seed 4; vectors "
        "“made”, model hash ",
        "2 clusters (“Cluster 0”, “Cluster 1”) were then divided by k-means (compute_clusters; "
        "nb_clusters = 2; seed 0;",
        "Afterwards, by hand, one cluster was renamed and 2 images were moved.",
        "The result has 3 clusters at level 1 and 4 clusters at level 2.",
        "Every image with a vector is in a cluster. One image had no vector.",
        "numpy " + np.__version__,
        project.record()["image_set"],
    ):
        assert part in text
    assert "\n" not in text and "  " not in text


def test_it_says_it_in_french(project: pn.Project) -> None:
    text = project.describe("Clustering", language="fr")
    assert "Une collection de 20 images a été explorée par clusters" in text
    assert "à la main, un cluster a été renommé et 2 images ont été déplacées." in text
    assert re.search(r"il va de \d+,\d à \d+,\d", text)
    with pytest.raises(pn.ProjectError, match=r"language is one of 'en', 'fr'\. Got"):
        project.describe("Clustering", "de")


def test_clusters_of_a_column_and_of_a_part(project: pn.Project) -> None:
    project.df["own"] = ["a", "b"] * 10
    project.open_clustering("own")
    text = project.describe(None)
    assert "The work began with the clusters of the column “own”." in text
    assert "2 clusters at level 1" in text
    part = project.subset(np.arange(20) < 14)
    part.compute_clusters(-1)
    name = part.save_clustering("of part")
    text = project.describe(name)
    assert "14 images was" in text and "a part of a larger collection" in text
    assert "found automatically" in text


def forms(sentence: Sentence) -> list[set[str | None]]:
    texts = [sentence] if isinstance(sentence, str) else list(sentence)
    return [{field for _, field, _, _ in string.Formatter().parse(text)} for text in texts]


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.keys() == FRENCH.keys()
    for key in ENGLISH:
        assert forms(ENGLISH[key]) == forms(FRENCH[key]), key
    assert len(str(ENGLISH["months"]).split()) == len(str(FRENCH["months"]).split()) == 12
