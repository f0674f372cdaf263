"""What the browser writes into a widget, and what threads of the kernel do at the same time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

import anywidget
from ipywidgets.widgets.widget import _remove_buffers  # type: ignore[import-untyped]

from panoptic_nb.error_text import named
from panoptic_nb.widgets.envelope import data_of, written
from panoptic_nb.widgets.session import Session

logger = logging.getLogger(__name__)

#: What the browser may write. All else is the kernel's to say.
WRITABLE = ("thumb_size", "height", "_selected", "_active")


def _as_it_is(value: Any, _widget: object) -> Any:
    return value


class WrittenTraits(anywidget.AnyWidget):
    """The part of a widget that takes and sends traits, whichever thread changes them."""

    session: Session
    _updating: threading.RLock

    def _set(self, **traits: Any) -> None:
        """Change related traits in one message, from whichever thread."""
        # The session first, always: what observes the traits may want it, and so does who sends.
        with self.session.lock, self._updating, self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def set_state(self, sync_data: Any) -> None:
        """Take what the browser wrote; what is wrong is told and sent back, never raised."""
        state = sync_data if isinstance(sync_data, Mapping) else {}
        for name in WRITABLE:
            if name not in state:
                continue
            try:
                self._take(name, state[name])
            except Exception as error:
                logger.warning("the browser wrote %s: %s", name, named(error))
                self.send_state(name)

    def _take(self, name: str, value: Any) -> None:
        """Set a trait that the browser wrote, and tell other pages.

        ipywidgets' own way holds back what other threads change meanwhile, and may lose it.
        """
        state, paths, buffers = _remove_buffers({name: value})
        echo = {"method": "echo_update", "state": state, "buffer_paths": paths}
        with self.session.held(), self._updating:
            self._send(echo, buffers)
            with self._lock_property(**{name: value}), self.hold_sync():
                self.set_trait(name, self.trait_metadata(name, "from_json", _as_it_is)(value, self))

    def notify_change(self, change: Any) -> None:
        """Do what follows from a change of a trait; one thread at a time sends it."""
        if change["name"] not in self.keys:
            super().notify_change(change)
            return
        with self.session.held(), self._updating:
            super().notify_change(change)

    def _handle_msg(self, msg: Any) -> None:
        """Read a message of the browser; one that is no message of a widget is left alone."""
        data = data_of(msg)
        method = data.get("method")
        if method == "update":
            self.set_state(written(data, msg.get("buffers"), WRITABLE))
        elif method == "custom":
            self._handle_custom_msg(data.get("content"), [])  # no question brings bytes along
        elif method == "request_state":
            self.send_state()
