"""The rig itself: a plain anywidget counter makes the round trip, survives, and reports errors."""

from __future__ import annotations

import json

import pytest
from lab import KernelError, Lab
from playwright.sync_api import expect

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    value = traitlets.Int(0).tag(sync=True)
    _esm = """
    function render({ model, el }) {
      const button = document.createElement("button");
      button.dataset.testid = "counter";
      const show = () => { button.textContent = `clicked ${model.get("value")}`; };
      button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", show);
      show();
      el.append(button);
    }
    export default { render };
    """

counter = Counter()
counter
'''

BROKEN = '''
import anywidget

class Broken(anywidget.AnyWidget):
    _esm = """
    export default { render() {
      alert("seen: dialog");
      console.error("seen: console");
      setTimeout(() => { throw new Error("seen: timer"); });
      Promise.reject(new Error("seen: promise"));
      throw new Error("seen: render");
    } };
    """

Broken()
'''


def test_counter_survives_reload_and_restart(lab: Lab) -> None:
    lab.new([COUNTER, "6 * 7"])
    lab.run_all()
    counter = lab.page.get_by_test_id("counter")

    counter.click()
    expect(counter).to_have_text("clicked 1")
    assert lab.value("counter.value") == 1
    lab.execute("counter.value = 5")
    expect(counter).to_have_text("clicked 5")
    expect(lab.output(1)).to_contain_text("42")

    saved = json.loads(lab.save().read_text())
    assert saved["cells"][1]["outputs"][0]["data"]["text/plain"] == ["42"]
    lab.reload()
    expect(counter).to_have_text("clicked 5")
    counter.click()
    expect(counter).to_have_text("clicked 6")

    lab.restart()
    with pytest.raises(KernelError, match="NameError"):
        lab.execute("counter")
    lab.restart_and_run_all()
    expect(counter).to_have_text("clicked 0")
    counter.click()
    expect(counter).to_have_text("clicked 1")
    lab.run_cell(1)
    assert lab.value("[counter.value, _]") == [1, 42]


def test_errors_of_a_widget_are_seen(lab: Lab) -> None:
    lab.new([BROKEN])
    with (
        lab.page.expect_event("pageerror", lambda error: error.message == "seen: timer"),
        lab.page.expect_event("pageerror", lambda error: error.message == "seen: promise"),
        lab.page.expect_event("pageerror", lambda error: error.message == "seen: render"),
    ):
        lab.run_all()
    seen = "\n".join(lab.errors)
    for place in ("dialog", "console", "timer", "promise", "render"):
        assert f"seen: {place}" in seen
    lab.errors.clear()
