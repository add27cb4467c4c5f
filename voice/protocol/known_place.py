"""What is known of an endpoint that has a name: where it is, and what is different there."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect

ANSWERS_AND_STOPS: Final = (
    ("audio.output.speed", 1.0),
    ("audio.input.turn_detection.create_response", True),
    ("audio.input.turn_detection.interrupt_response", True),
)
"""What every server of the beta dialect does unless it is told not to."""


class Tried(Enum):
    """How it is known that this works."""

    HERE = "its own server, `make test-foreign`"
    RELAYED = "its relay before ours, `make test-foreign`"
    TESTS = "every test"
    DOCUMENTS = "documents only"


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """An endpoint, or a kind of server, whose habits are known.

    ``preset`` is its name in the settings. ``url`` is its address; of a server that people run
    themselves, where it listens by default; with ``RESOURCE`` or ``HOST`` in it, the form only.
    ``hosts`` are domains that are recognised. ``dialect`` None means that it varies.
    """

    preset: str
    name: str
    url: str
    capabilities: Capabilities
    dialect: Dialect | None
    tried: Tried
    hosts: tuple[str, ...] = ()
    key_header: str = "Authorization"
    key_scheme: str = "Bearer"
    model_parameter: str | None = "model"
    model_required: bool = False
    beta_header: bool = False
    query: tuple[tuple[str, str], ...] = ()
    remarks: str = ""

    @property
    def has_address(self) -> bool:
        """Whether the name alone says where to connect."""
        return "RESOURCE" not in self.url and "HOST" not in self.url

    @property
    def path(self) -> str:
        """The path of its URL, for people who type the host only."""
        return "/" + self.url.split("/", 3)[3]
