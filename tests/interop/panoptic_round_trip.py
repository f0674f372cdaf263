"""From panoptic_nb to the real Panoptic and back; see the README of this folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixtures import blobs, write_images

import panoptic_nb as pn
from panoptic_nb.demo import emoji
from panoptic_nb.interop.panoptic_names import names_of
from panoptic_nb.tag_cells import LIST

AWKWARD = 'Hôtels, "à" <b>; 100%2C? مرحبا 🐶'
#: Columns of tags; the thesaurus of "Overlap" is imported after the CSV, the others before.
TAGS = ["Clustering", "Overlap", "Kinds"]
COLUMNS = [*TAGS, "note", "year", "day", "seen", "page"]


def overlapping(images: pn.Images) -> Any:
    """Group images so that some stand in two groups."""
    n = len(images)
    left, right = np.arange(n // 2 + 3), np.arange(n // 2 - 3, n - 4)
    return [pn.Group(left, "left"), pn.Group(right, AWKWARD)]


def make_project(folder: Path) -> pn.Project:
    """Return a project of 60 images, two of each file name, with columns of all kinds."""
    paths = [
        path for part in "ab" for path in write_images(folder / "photos" / part, 30, ord(part))
    ]
    table = pd.DataFrame({"path": map(str, paths)}, index=[f"row {i}" for i in range(len(paths))])
    project = pn.open_project(table, folder / "project")
    project.add_vectors("blobs", blobs([10, 10, 15, 25]))
    pn.clustering_function(overlapping)
    project.run("overlapping")
    project.compute_clusters(2, node=AWKWARD)
    project.save_clustering("Overlap")
    project.close_clusters()
    project.compute_clusters(4)
    project.compute_clusters(3, node="Cluster 3")
    project.compute_clusters(2, node="Cluster 3/Cluster 3.2")
    project.rename("Cluster 1", AWKWARD)
    project.rename("Cluster 3/Cluster 3.1", AWKWARD)  # the same name twice
    project.rename("Cluster 3/Cluster 3.0", "Cluster 3 > Cluster 3.2")  # one like those we make
    project.find_duplicates(0.98, node="Cluster 2")
    project.save_clustering("Clustering")
    n = len(project.df)
    project.stamp(project.df.index[:20], "Kinds", ["Animals/birds", "Things"])
    project.stamp(project.df.index[15:30], "Kinds", ["Things/red"])
    project.set_tag_parents("Kinds", "birds", ["Animals", "Things"])  # two parents
    project.recolour_tag("Kinds", "birds", 11)
    project.df["note"] = [f'line {i}\n"quoted"; and, so' if i % 2 else None for i in range(n)]
    project.df["year"] = [1900.5 + i if i % 3 else 0.00001 for i in range(n)]
    project.df["day"] = pd.date_range("1900-01-01", periods=n)
    project.df["seen"] = [i % 4 == 0 for i in range(n)]
    project.df["page"] = [f"https://example.org/{i}?a=1;b=2" for i in range(n)]
    project.save()
    return project


def make_quickstart(folder: Path) -> pn.Project:
    """Return what the quickstart makes, one of its clusters split and one renamed."""
    (folder / "photos").mkdir(parents=True)
    table = emoji()
    table["path"] = [shutil.copy(path, folder / "photos") for path in table["path"]]
    project = pn.open_project(table, folder / "project")
    project.embed("efficientnet-lite0")
    project.compute_clusters(nb_clusters=10)
    project.compute_clusters(4, node="Cluster 9")
    project.rename("Cluster 0", "flags")
    project.save_clustering()
    return project


def by_path(project: pn.Project, column: str) -> dict[str, Any]:
    """Return the values of a column by the path of the image, missing ones left out."""
    values = zip(project.paths, project.df[column], strict=True)
    lists = {
        str(p): sorted(v) if isinstance(v, list | np.ndarray) else v
        for p, v in values
        if isinstance(v, list | np.ndarray) or not pd.isna(v)
    }
    return lists


def check_in_panoptic(
    project: pn.Project, answer: dict[str, Any], tags: list[str], early: list[str]
) -> None:
    """Assert that Panoptic's database holds our tags, colours, parents and links to images."""
    assert answer["images"] == sorted(map(str, project.paths))
    assert answer["checked"] == {"missing_rows": [], "new_instances_count": 0}
    for column in tags:
        frame = project.tags(column).frame()
        paths = names_of(tuple(path.split("/")) for path in frame.index)
        names = {"/".join(path): name for path, name in paths.items()}
        here = {
            names[path]: [int(tag.colour), [names[parent] for parent in tag.parents]]
            for path, tag in frame.iterrows()
        }
        there = answer["tags"][column]
        if column in early:
            assert here == there
        assert {n: tag[1] for n, tag in here.items()} == {n: tag[1] for n, tag in there.items()}
        own = {
            path: sorted(names[tag] for tag in ([value] if isinstance(value, str) else value))
            for path, value in by_path(project, column).items()
        }
        values = answer["values"][column]
        assert own == {path: sorted(tags) for path, tags in values.items() if tags}
        what = "parents and colours" if column in early else "parents"
        links = sum(map(len, own.values()))
        print(f"  {column}: {len(here)} tags and {links} links to images equal, {what} too")


def check_back(
    project: pn.Project, again: pn.Project, columns: list[str], tagged: list[str]
) -> None:
    """Assert that what came back is what went out, row by row."""
    for column in columns:
        ours, back = by_path(project, column), by_path(again, column)
        assert ours == back, (column, ours, back)
        print(f"  {column}: {len(ours)} values equal, now {again.df[column].dtype}")
    for column in tagged:
        tags, other = project.tags(column), again.tags(column)
        assert {t: tags.parents(t) for t in tags} == {t: other.parents(t) for t in other}


def round_trip(
    python: str, folder: Path, project: pn.Project, columns: list[str], tagged: list[str]
) -> pn.Project:
    """Go there and back; return the project that came back."""
    (folder / "out").mkdir()
    data, *files = project.export_panoptic(folder / "out", columns, relative=True)
    thesauri = dict(zip(tagged, map(str, files), strict=True))
    late = {name: thesauri.pop(name) for name in ("Overlap",) if name in thesauri}
    side = Path(__file__).with_name("panoptic_side.py")
    command = [python, side, folder / "theirs", folder / "photos", data]
    command += [json.dumps(thesauri), json.dumps(late)]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    answer = json.loads(ran.stdout)
    print("in Panoptic:")
    check_in_panoptic(project, answer, tagged, list(thesauri))
    shuffled = project.df[["path"]].sample(frac=1, random_state=0)
    again = pn.open_project(shuffled, folder / "again")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again.import_panoptic(answer["export"]["csv"], answer["export"]["thesauri"])
    print("back:")
    check_back(project, again, columns, tagged)
    return again


def main(python: str) -> None:
    """Go there and back with awkward columns, and with the clustering of the quickstart."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "awkward"
        again = round_trip(python, folder, make_project(folder), COLUMNS, TAGS)
        assert again.df["Overlap"].dtype == LIST
        folder = Path(temporary) / "quickstart"
        round_trip(python, folder, make_quickstart(folder), ["Clustering"], ["Clustering"])
        print("all equal")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
