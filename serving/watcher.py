"""Looking at something on disk again and again, away from the requests answered from it."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

STOP_SECONDS = 5.0


class Watcher(Generic[T]):
    """Keeps the last good look. A look that fails leaves it in place and is told by ``fault``."""

    def __init__(
        self,
        name: str,
        look: Callable[[T | None], T | None],
        faults: tuple[type[Exception], ...],
        every_seconds: float,
    ) -> None:
        self.value: T | None = None
        self.fault: Exception | None = None
        self._look = look
        self._faults = faults
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def has_stopped(self) -> bool:
        """Whether an unforeseen error ended the thread: the value then stands still."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def look(self) -> None:
        """Looks once: at the value seen before, the look may answer with it again."""
        try:
            self.value = self._look(self.value)
            self.fault = None
        except self._faults as fault:
            if str(fault) != str(self.fault):
                log.warning("%s: %s", self._thread.name, fault)
            self.fault = fault

    def start(self) -> None:
        """Looks once at once, then goes on in a thread."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            self.look()
