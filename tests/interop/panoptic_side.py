"""Runs with Panoptic's Python: import our files as its interface does, tell what is there, export.

python panoptic_side.py PROJECT IMAGES CSV EARLY LATE > answer.json

EARLY and LATE are JSON objects, property name -> thesaurus file: imported before and after the CSV.
"""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from pathlib import Path
from typing import Any

from panoptic.core.databases.data.create import FILES_SCHEMA, FOLDERS_SCHEMA, INSTANCES_SCHEMA
from panoptic.core.project.project import Project


def import_csv(project: Project, file: Path) -> dict[str, Any]:
    parsed = project.importer.parse_headers(str(file))
    assert not parsed["errors"], parsed["errors"]
    checked = project.importer.verify_mapping(relative=True, fusion="first")
    project.importer.import_data_and_commit()
    return checked


def import_tags(project: Project, files: dict[str, str]) -> None:
    ids = {p.name: p.id for p in project.get_properties() if not p.system_key}
    for name, file in files.items():
        project.importer.import_tags(Path(file).read_bytes(), ids[name])


def header_only(file: Path) -> Path:
    """Return a CSV with the first line alone, which makes the properties."""
    first = file.with_name("header.csv")
    first.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return first


def content(project: Project) -> dict[str, Any]:
    """Return the tags of each property, and the values of each image by its path."""
    tags = {tag.id: tag for tag in project.get_tags()}
    with project._data_reader() as reader:
        rows = FILES_SCHEMA.select(reader.conn, ["id", "name", "folder_id"])
        files = {row[0]: row for row in rows}
        folders = dict(FOLDERS_SCHEMA.select(reader.conn, ["id", "path"]))
        paths = {
            instance: str(Path(folders[files[file][2]]) / files[file][1])
            for instance, file in INSTANCES_SCHEMA.select(reader.conn, ["id", "file_id"])
        }
        answer: dict[str, Any] = {"tags": {}, "values": {}, "images": sorted(paths.values())}
        for one in (p for p in project.get_properties() if not p.system_key):
            rows, values = reader.get_full_column(one.id, one.mode, one.system_key)
            if one.dtype in ("tag", "multi_tags"):
                values = [[tags[tag].value for tag in value or ()] for value in values]
                answer["tags"][one.name] = {
                    tag.value: [tag.color, [tags[parent].value for parent in tag.parents]]
                    for tag in tags.values()
                    if tag.list_id == one.id
                }
            answer["values"][one.name] = {
                paths[row]: value for row, value in zip(rows, values, strict=True)
            }
    return answer


def export(project: Project, folder: Path) -> dict[str, Any]:
    """Export with Panoptic's exporter; write its tags, which it does not export, beside it."""
    own = [p for p in project.get_properties() if not p.system_key]
    place = Path(
        project.exporter.export_data(
            str(folder), "back", properties=[p.id for p in own], key="local_path"
        )
    )
    tags = {tag.id: tag for tag in project.get_tags()}
    thesauri = {}
    for one in (p for p in own if p.dtype in ("tag", "multi_tags")):
        file = place / f"{one.id}.csv"
        with file.open("w", encoding="utf-8", newline="") as text:
            rows = csv.writer(text, delimiter=";")
            for tag in (tag for tag in tags.values() if tag.list_id == one.id):
                parents = ",".join(tags[parent].value for parent in tag.parents)
                rows.writerow([tag.value, tag.color, parents])
        thesauri[one.name] = str(file)
    return {"csv": str(place / "data.csv"), "thesauri": thesauri}


def main(folder: Path, images: str, file: Path, early: str, late: str) -> dict[str, Any]:
    with Project(folder) as project:
        project.import_folder(images)._finished_event.wait(120)
        import_csv(project, header_only(file))
        import_tags(project, json.loads(early))
        checked = import_csv(project, file)
        import_tags(project, json.loads(late))
        return {"checked": checked, **content(project), "export": export(project, folder)}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        answer = main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), *sys.argv[4:6])
    json.dump(answer, sys.stdout)
