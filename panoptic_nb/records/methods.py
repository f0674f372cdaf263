"""The methods paragraph of a paper, from a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.records.methods_texts import LANGUAGES
from panoptic_nb.tree import SEPARATOR, UNASSIGNED, WITHOUT_VECTOR

#: Clusters that a sentence names; more are counted.
NAMED = 4
#: What was done by hand and changes the clusters, in the order of the sentence.
BY_HAND = (
    "rename",
    "merge",
    "moved",
    "move_cluster",
    "move_to_new",
    "close_clusters",
    "not_duplicates",
)


def describe(record: Mapping[str, Any], language: str) -> str:
    """Return a paragraph that says how the clusters of a record were made."""
    if language not in LANGUAGES:
        raise ProjectError(
            f"language is one of {', '.join(map(repr, LANGUAGES))}. Got {short(language)}."
        )
    say = _Language(language)
    return " ".join([*_beginning(record, say), *_runs(record, say), *_outcome(record, say)])


class _Language:
    def __init__(self, language: str) -> None:
        self._texts = LANGUAGES[language]
        self._french = language == "fr"

    def __call__(self, key: str, n: int | None = None, **values: Any) -> str:
        """Return a sentence, in the singular or the plural of `n`."""
        sentence = self._texts[key]
        if not isinstance(sentence, str):
            one = n == 1 or (n == 0 and self._french)  # French says "0 image"
            sentence = sentence[0 if one else 1]
        return sentence.format(n=self.number(n or 0), **values)

    def number(self, value: int) -> str:
        text = f"{value:,}"
        return text.replace(",", "\u202f") if self._french else text

    def decimal(self, value: float) -> str:
        text = f"{value:.1f}"
        return text.replace(".", ",") if self._french else text

    def quote(self, text: str) -> str:
        return self("quote", text=text)

    def date(self, iso: str) -> str:
        when = datetime.fromisoformat(iso)
        month = self("months").split()[when.month - 1]
        return self("date", day=when.day, month=month, year=when.year)

    def enumerate(self, parts: Sequence[str]) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return self("and", first=", ".join(parts[:-1]), last=parts[-1])


def _beginning(record: Mapping[str, Any], say: _Language) -> list[str]:
    version = record["versions"].get("panoptic_nb", "")
    found = [say("begin", record["n_images"], version=version, date=say.date(record["date"]))]
    if "part_of" in record:
        found.append(say("part"))
    return found


def _runs(record: Mapping[str, Any], say: _Language) -> list[str]:
    """Return a sentence for each run, or for several of one kind that followed each other."""
    sentences: list[str] = []
    groups: list[tuple[str, str, list[str]]] = []
    for one in record["operations"]:
        if one["name"] == "open_clustering":
            sentences.append(say("opened", column=say.quote(one["values"]["column"])))
        elif one["name"] in ("run", "group_by"):
            method, details = _how(one, say)
            node = one["clusters"][0]
            if groups and groups[-1][:2] == (method, details) and node and groups[-1][2][0]:
                groups[-1][2].append(node)
            else:
                groups.append((method, details, [node]))
    for method, details, nodes in groups:
        names = ", ".join(say.quote(node) for node in nodes)
        key = "first" if not nodes[0] else "split" if len(nodes) <= NAMED else "split_many"
        sentences.append(say(key, len(nodes), method=method, details=details, names=names))
    return sentences


def _how(one: Mapping[str, Any], say: _Language) -> tuple[str, str]:
    if one["name"] == "run":
        return _method(one["record"], say), _details(one["record"], say)
    names = [say.quote(name) for name in one["values"]["columns"]]
    return say("group_by", len(names), columns=say.enumerate(names)), ""


def _method(made_by: Mapping[str, Any], say: _Language) -> str:
    function, parameters = made_by["function"], made_by["parameters"]
    if function == "compute_clusters" and parameters.get("nb_clusters") == -1:
        return say("automatic")
    if function == "cluster_by_tags":
        return say(function, column=say.quote(str(parameters["tags"])))
    if function in ("compute_clusters", "agglomerative", "find_duplicates"):
        return say(function)
    return say("other", function=say.quote(function))


def _details(made_by: Mapping[str, Any], say: _Language) -> str:
    parts = [made_by["function"]]
    parts += [f"{name} = {value}" for name, value in made_by["parameters"].items() if value != ""]
    parts.append(say("seed", seed=made_by["seed"]))
    if made_by["vec_type"]:
        key = "model" if made_by["model_hash"] else "vectors"
        name = say.quote(made_by["vec_type"])
        parts.append(say(key, name=name, hash=made_by["model_hash"]))
    return f" ({'; '.join(parts)})"


def _outcome(record: Mapping[str, Any], say: _Language) -> list[str]:
    clusters = [one for one in record["clusters"] if one["kind"] == "group"]
    levels = Counter(one["path"].count(SEPARATOR) + 1 for one in clusters)
    counted = [say("level", levels[level], level=level) for level in sorted(levels)]
    sentences = [_by_hand(record, say), say("result", levels=say.enumerate(counted))]
    left = {one["path"]: one["n_images"] for one in record["clusters"] if one["kind"] != "group"}
    unassigned = left.get(UNASSIGNED, 0)
    sentences.append(say("unassigned", unassigned) if unassigned else say("all_assigned"))
    if WITHOUT_VECTOR in left:
        sentences.append(say("without_vector", left[WITHOUT_VECTOR]))
    scores = [one["score"] for one in clusters if one["score"] is not None]
    if scores:
        low, high, middle = map(say.decimal, (min(scores), max(scores), median(scores)))
        sentences.append(say("scores", low=low, high=high, median=middle))
    versions = [f"{name} {text}" for name, text in record["versions"].items()]
    libraries = say.enumerate([text for text in versions if not text.startswith("panoptic_nb")])
    return [*sentences, say("end", versions=libraries, image_set=record["image_set"])]


def _by_hand(record: Mapping[str, Any], say: _Language) -> str:
    done: Counter[str] = Counter()
    for one in record["operations"]:
        if one["name"] in BY_HAND:
            done[one["name"]] += 1
        if one["name"] in ("move", "move_to_new"):
            done["moved"] += one["n_images"]
    parts = [say(name, done[name]) for name in BY_HAND if done[name]]
    return say("by_hand", edits=say.enumerate(parts)) if parts else say("no_hand")
