"""Why a turn ended, as our own server tells a client that asks for it.

A client asks by a field of its session; the server then adds a field to
``input_audio_buffer.speech_stopped``. No other client ever sees either.
"""

from typing import Final

from voice.protocol.wire_model import WireModel

TURN_CAUSES_KEY: Final = "x-turn-causes"
"""Field of the session: true where the client reads causes."""

CAUSE_KEY: Final = "x-cause"
"""Field of the event: a short phrase for people."""

MAX_CAUSE: Final = 120
"""Characters that are passed on."""


def cause_of(event: WireModel) -> str:
    """Return the cause that an event brings; empty where it brings none that can be shown."""
    cause = (event.model_extra or {}).get(CAUSE_KEY)
    return cause[:MAX_CAUSE] if isinstance(cause, str) and cause.isprintable() else ""
