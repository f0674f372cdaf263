"""What one asks before deciding about clusters: how many, how sure, how unusual."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from panoptic_nb.widgets.commands.command import At, command, has_clusters, has_vectors, is_split
from panoptic_nb.widgets.commands.result import Bar, Result, table_of


@command("node", has_vectors)
def scores_by_k(at: At, *, sample: Annotated[int, Field(ge=100, le=100_000)] = 5000) -> Result:
    """Try several numbers of clusters on a sample."""
    frame = at.project.scores_by_k(at.node.id, sample=sample)
    said = at.said
    worst = frame["score"].max() or 1
    bars = [Bar(score / worst) for score in frame["score"]]
    rows = [
        [int(k), score, gain, bar]
        for k, score, gain, bar in zip(
            frame.index, frame["score"], frame["gain"], bars, strict=True
        )
    ]
    head = [said(f"commands.scores_by_k.{name}") for name in ("k", "score", "gain", "chart")]
    title = said("commands.scores_by_k.title")
    return Result(title, note=said("commands.scores_by_k.help"), head=head, rows=rows)


@command("node", is_split)
def stability(
    at: At,
    *,
    runs: Annotated[int, Field(ge=2, le=100)] = 10,
    share: Annotated[float, Field(gt=0, le=1)] = 0.8,
) -> Result:
    """Tell how surely each cluster is found again, as a badge of the tree and as a table."""
    frame = at.project.stability(at.node.id, runs=runs, share=share)
    return _badges(at, "stability", frame, frame["stability"])


@command("node", has_clusters)
def calibrated_scores(at: At, *, draws: Annotated[int, Field(ge=20, le=2000)] = 200) -> Result:
    """Tell how unusual the scores are in this collection, as a badge of the tree and as a table."""
    frame = at.project.calibrated_scores(at.node.id, draws=draws)
    return _badges(at, "calibrated_scores", frame, frame["percentile"])


def _badges(at: At, name: str, frame: pd.DataFrame, values: Any) -> Result:
    said, tree = at.said, at.project.tree
    words = f"commands.{name}"
    texts = {}
    for path, value in values.dropna().items():
        text = said.number(float(value))
        tip = said(f"{words}.badge", value=text)
        texts[tree.find(str(path))] = [said(f"{words}.short", value=text), tip]
    at.session.show_badges(texts)
    names = ("cluster", *frame.columns)
    head = [said.find(f"{words}.{name}") or said(f"{words}.{name}.label") for name in names]
    table = table_of(frame, head, lambda path: tree.node(path).rows)
    return Result(said(f"{words}.title"), note=said(f"{words}.help"), **table)


@command("project", lambda at: None if at.session.badges else "no_badges")
def hide_badges(at: At) -> Result:
    """Take the second badges away."""
    at.session.show_badges({})
    return Result()
