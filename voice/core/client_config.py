"""The whole configuration that a client sends: every field said, nothing left to a default.

Documented defaults are not what endpoints do (PROTOCOL §2.2), so the first ``session.update`` names
them all. What the caller set stays as it is, an explicit None too.
"""

from __future__ import annotations

from typing import Any, Literal

from voice.protocol.capabilities import Capabilities
from voice.protocol.formats import AudioFormat
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    SemanticVad,
    ServerVad,
    SessionConfig,
    TurnDetection,
)
from voice.protocol.wire_model import WireModel


def full_session(
    config: SessionConfig, capabilities: Capabilities, *, has_turns: bool = True
) -> SessionConfig:
    """Return ``config`` with everything set that an endpoint would else decide by itself.

    ``has_turns`` False turns the endpoint's turn detection off: a button ends the turns.
    """
    audio = config.audio or AudioConfig()
    heard, said = audio.input or AudioInputConfig(), audio.output or AudioOutputConfig()
    heard = heard.model_copy(
        update={
            "format": heard.format or capabilities.input_format,
            "turn_detection": _turn_detection(heard, capabilities) if has_turns else None,
        }
    )
    said = said.model_copy(update={"format": said.format or capabilities.output_format})
    return config.model_copy(
        update={
            "instructions": config.instructions or "",
            "output_modalities": config.output_modalities or ["audio"],
            "tools": config.tools,
            "tool_choice": config.tool_choice or "auto",
            "max_output_tokens": config.max_output_tokens or "inf",
            "audio": audio.model_copy(update={"input": heard, "output": said}),
        }
    )


def merged(before: SessionConfig, told: SessionConfig) -> SessionConfig:
    """Return what is in force after an endpoint told its session.

    Many endpoints leave out what they do not support or did not change: what they name counts.
    """
    audio = before.audio or AudioConfig()
    if told.audio is not None:
        heard, said = audio.input or AudioInputConfig(), audio.output or AudioOutputConfig()
        if told.audio.input is not None:
            heard = heard.model_copy(update=_given(told.audio.input))
        if told.audio.output is not None:
            said = said.model_copy(update=_given(told.audio.output))
        audio = audio.model_copy(update={"input": heard, "output": said})
    return before.model_copy(update={**_given(told), "audio": audio})


def _given(model: WireModel) -> dict[str, Any]:
    """Return the fields that a peer named, unknown ones too."""
    return {name: getattr(model, name) for name in model.model_fields_set}


def effective_format(
    config: SessionConfig, side: Literal["input", "output"], default: AudioFormat
) -> AudioFormat:
    """Return the format of one side of the audio; ``default`` where the session names none."""
    half = None if config.audio is None else getattr(config.audio, side)
    return default if half is None or half.format is None else half.format


def _turn_detection(heard: AudioInputConfig, capabilities: Capabilities) -> TurnDetection | None:
    given = heard.turn_detection
    if given is None and "turn_detection" in heard.model_fields_set:
        return None
    if given is None:
        wants_semantic = capabilities.default_turn_detection == "semantic_vad"
        given = SemanticVad() if wants_semantic else ServerVad()
    if isinstance(given, ServerVad):
        names = ["threshold", "prefix_padding_ms", "silence_duration_ms"]
    elif isinstance(given, SemanticVad):
        names = ["eagerness"]
    else:
        return given
    names += ["create_response", "interrupt_response"]
    return given.model_copy(update={name: getattr(given, name) for name in names})
