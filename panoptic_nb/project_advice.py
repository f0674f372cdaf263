"""What helps to decide about clusters: how many, how sure, how unusual, how to call them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from panoptic_nb.errors import ParameterError, TreeError
from panoptic_nb.jobs import Job
from panoptic_nb.operations import logged
from panoptic_nb.progress import Progress
from panoptic_nb.project_records import SavedClusterings
from panoptic_nb.scores import has_vector, score
from panoptic_nb.tree import ROOT, Members, Node
from panoptic_nb.understanding.comparing import Groups, groups_of
from panoptic_nb.understanding.naming import nearest_words, proposals
from panoptic_nb.understanding.stability import random_scores, stability

#: Numbers of clusters that are tried.
NUMBERS = (2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50)
#: Random groups are no larger: above, their scores hardly differ.
LARGEST = 5000
#: A column of texts with more different values names no clusters.
MOST_VALUES = 5000


class Advice(SavedClusterings):
    """The part of `Project` that answers what one asks before deciding about clusters."""

    def scores_by_k(
        self,
        node: int | str | Node | None = None,
        numbers: Iterable[int] = NUMBERS,
        sample: int = 5000,
        vec_type: str | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Try k-means with several numbers of clusters on a sample, without making anything.

        Parameters
        ----------
        numbers
            Numbers of clusters; those above half of the sample are left out.
        sample
            Images at most: the first in canonical order, which is as good as drawn.

        Returns
        -------
        pandas.DataFrame
            Under the number of clusters ``k``: ``score``, the mean over the images of the score of
            their cluster, and ``gain``, how much lower it is than with the number before, in
            percent.

        Raises
        ------
        NoVectorsError, TreeError, ParameterError, Cancelled
        """
        from panoptic_nb.clustering.kmeans import kmeans

        self.check_open()
        vectors = self._vectors_below(node, vec_type)[:sample]
        tried = sorted({int(k) for k in numbers if 1 <= int(k) <= max(1, len(vectors) // 2)})

        def mean_score(k: int, progress: Progress) -> float:
            labels = kmeans(vectors, k, seed, progress)
            sizes = np.bincount(labels)
            scores = [score(vectors, np.flatnonzero(labels == at)) for at in range(len(sizes))]
            return float(np.average(scores, weights=sizes))

        def work(job: Job) -> list[float]:
            return [mean_score(k, job) for k in tried]

        scores = pd.Series(self.jobs.run("function", "scores_by_k", None, work), dtype=float)
        gain = 100 * (1 - scores / scores.shift())
        return pd.DataFrame(
            {"score": scores.to_numpy(), "gain": gain.to_numpy()}, index=pd.Index(tried, name="k")
        )

    def stability(
        self,
        node: int | str | Node | None = None,
        runs: int = 10,
        share: float = 0.8,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Tell how surely each cluster right below a node is found again.

        What made them is run on random parts of the images, each time with another seed.

        Parameters
        ----------
        runs
            How often.
        share
            Of the images, above 0 and up to 1.

        Returns
        -------
        pandas.DataFrame
            Under the label paths: ``stability``, the mean Jaccard similarity to the most similar
            new group (from 0.75 on a cluster is stable, below 0.6 it tells little: C. Hennig 2007),
            the ``lowest`` of them, and ``runs`` that had an image of the cluster.

        Raises
        ------
        TreeError
            There are no clusters below the node, or no function made them.
        ParameterError, NoVectorsError, FunctionError, Cancelled
        """
        self.check_open()
        if not 0 < share <= 1 or runs < 1:
            raise ParameterError.of(
                "share", f"share is above 0 and up to 1, runs from 1. Got {share!r} and {runs!r}."
            )
        top = self.tree.node(self.tree.find(node))
        clusters = [child for child in top.children if child.kind == "group"]
        made_by = next((child.made_by for child in clusters if child.made_by), None)
        if made_by is None:
            raise TreeError(
                f"No function made clusters below {top.path or 'the root'!r}, so nothing can be run"
                " again."
            )
        members = self.tree.unlocked_members(top.id)

        def work(job: Job) -> pd.DataFrame:
            def again(part: Members, number: int) -> list[Members]:
                request = self._runs.prepare(
                    made_by.function, top.id, made_by.vec_type, number, made_by.parameters
                )
                split = self._runs.split(request, top, self._edits.decided, job, part)
                return [np.sort(group.members) for group in split.groups]

            return stability(clusters, members, again, runs, share, seed, job)

        return self.jobs.run("function", "stability", top.id, work)

    def calibrated_scores(
        self,
        node: int | str | Node | None = None,
        draws: int = 200,
        vec_type: str | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Tell how unusual the scores of the clusters below a node are in this collection.

        Returns
        -------
        pandas.DataFrame
            Under the label paths: ``score``; ``random``, the median score of random groups of as
            many of all images; ``percentile``, how many of 100 such groups have at most the score:
            0 is more coherent than any, 50 is as by chance. Groups of more than 5,000 images are
            compared with those of 5,000.

        Raises
        ------
        NoVectorsError, TreeError, Cancelled
        """
        self.check_open()
        top = self.tree.node(self.tree.find(node))
        vectors = self._vectors_below(None, vec_type)
        every = self._sets.of_images(self._sets.find(vec_type or self.vec_type))
        clusters, own, sizes = [], [], []
        for below in self.tree.walk(top.id):
            members = below.members[has_vector(every, below.members)]
            if below.kind == "group" and len(members):
                clusters.append(below.path)
                own.append(score(every, members))
                sizes.append(min(len(members), LARGEST))
        index = pd.Index(clusters, name="cluster", dtype=object)
        if not clusters:
            return pd.DataFrame({"score": [], "random": [], "percentile": []}, index=index)
        drawn = self.jobs.run(
            "function",
            "calibrated_scores",
            top.id,
            lambda job: random_scores(vectors, sizes, draws, seed, job),
        )
        percentile = 100 * (drawn <= np.array(own) + 1e-6).mean(axis=0)
        return pd.DataFrame(
            {"score": own, "random": np.median(drawn, axis=0), "percentile": percentile},
            index=index,
        )

    def propose_names(
        self,
        node: int | str | Node | None = None,
        words: Iterable[str] = (),
        vec_type: str | None = None,
    ) -> pd.DataFrame:
        """Propose a name for each cluster below a node; nothing is renamed.

        Names are the tags and texts of your columns and the folders of the files, if at least half
        of the cluster has them.

        Parameters
        ----------
        words
            What clusters may be called for which there is no such name: of these texts the one that
            a model of images and texts finds nearer to the cluster than to other images
            (experimental). Call it a guess: the model always prefers one.
        vec_type
            Vector set of that model; the default one if not named.

        Returns
        -------
        pandas.DataFrame
            Under the label paths: ``proposal`` (missing where nothing fits), its ``source`` (a
            column, "folder" or "words"), the ``share`` of the cluster that has it, and
            ``coverage``, the share of all rows with it that are in the cluster.

        Raises
        ------
        EncoderError, VectorError
            There are `words`, and the vectors know no texts.

        Examples
        --------
        >>> project.rename_all(project.propose_names()["proposal"].dropna())  # doctest: +SKIP
        """
        self.check_open()
        top = self.tree.node(self.tree.find(node))
        clusters = [n for n in self.tree.walk(top.id) if n.kind == "group" and n.id != top.id]
        found = proposals(clusters, self._name_sources(), self.images.n_rows)
        named = found["proposal"].notna().tolist()
        unnamed = [
            cluster for cluster, has_name in zip(clusters, named, strict=True) if not has_name
        ]
        words = list(dict.fromkeys(words))
        if not words or not unnamed:
            return found
        name = self._sets.find(vec_type or self.vec_type)
        texts = self._sets.text_encoder(self._sets.all()[name], Progress()).encode(words)
        guesses = nearest_words(unnamed, words, texts, self._sets.of_images(name))
        for cluster, guess in zip(unnamed, guesses, strict=True):
            if guess is not None:
                found.loc[cluster.path, ["proposal", "source"]] = [guess, "words"]
        return found

    def rename_all(self, names: Mapping[int | str | Node, str]) -> None:
        """Give several clusters another name, as one step that can be undone.

        A name that a cluster beside it has already gets a number: "flags", "flags 2".

        Raises
        ------
        TreeError, LabelError
            There is no such cluster, or a name cannot be used; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            before = tree = self.tree
            named = {tree.find(node): label for node, label in names.items()}
            for key, label in named.items():
                beside = tree.states[tree.states[key].parent or ROOT].children
                taken = {tree.states[other].label for other in beside if other != key}
                free = label
                for number in itertools.count(2):
                    if free.strip() not in taken:
                        break
                    free = f"{label} {number}"
                after = tree.renamed(key, free)
                tree = logged(tree, after, "rename", [key], label=after.states[key].label)
            if tree is not before:
                values = {"labels": [before.path(key) for key in named]}
                self._edits.make("rename_all", tree, values=values)

    def _name_sources(self) -> dict[str, Groups]:
        project = self._whole
        named = {
            name
            for name, kind in project.properties.items()
            if kind in ("tag", "multi_tags", "text") and name not in self._table.clusterings
        }
        sources = {name: groups_of(self._column(name)) for name in sorted(named)}
        folders = pd.Series([PurePath(path).parent.name for path in project.paths], dtype=object)
        sources["folder"] = groups_of(folders)
        # What all images share, the one folder for example, tells none of them apart.
        return {
            name: groups
            for name, groups in sources.items()
            if len(groups.names) <= MOST_VALUES
            and (len(groups.names) > 1 or len(groups.rows) < self.images.n_rows)
        }

    def _vectors_below(self, node: Any, vec_type: str | None) -> Any:
        """Return the vectors of the images of a node that have one, in canonical order."""
        members = self.tree.node(self.tree.find(node)).members
        vectors = self._sets.of_images(self._sets.find(vec_type or self.vec_type))
        known = members[has_vector(vectors, members)]
        return vectors[known]
