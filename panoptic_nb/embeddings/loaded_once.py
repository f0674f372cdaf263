"""Weights that are loaded when they are first used."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

State = TypeVar("State")


class LoadedOnce(ABC, Generic[State]):
    """Loads its weights once, whichever thread asks first; others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: State | None = None

    def _loaded(self) -> State:
        with self._lock:
            if self._state is None:
                self._state = self._load()
            return self._state

    @abstractmethod
    def _load(self) -> State:
        """Load the weights."""
