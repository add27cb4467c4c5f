"""Makes server events, each with an event id of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from voice.protocol.wire_model import ServerEventModel

E = TypeVar("E", bound=ServerEventModel)


class EventStamp:
    """Builds events of one connection; ``stamp(ResponseCreated, response=…)``."""

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self.new_id = new_id

    def __call__(self, model: type[E], **fields: Any) -> E:
        """Return the validated event with a fresh ``event_id``."""
        return model.model_validate({"event_id": self.new_id("event"), **fields})
