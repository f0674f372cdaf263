"""What Python says in the widget exists in every language."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from panoptic_nb.functions import registry

PACKAGE = Path(__file__).parents[1] / "panoptic_nb"


def locale(language: str) -> dict[str, dict[str, object]]:
    path = PACKAGE / "locale" / f"{language}.json"
    loaded: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def error_keys() -> set[str]:
    keys = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                keys |= {
                    str(k.value.value)
                    for k in node.keywords
                    if k.arg == "key" and isinstance(k.value, ast.Constant)
                }
    return keys


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_error_that_reaches_the_widget_is_translated(language: str) -> None:
    missing = error_keys() - set(locale(language)["errors"])
    assert not missing


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_built_in_parameter_has_a_label(language: str) -> None:
    functions = locale(language)["functions"]
    for function in registry:
        if not function.name.startswith("test_"):
            known = functions[function.name]
            assert isinstance(known, dict)
            for field in function.form.fields:  # type: ignore[union-attr]
                assert known[field["name"]]["label"]
