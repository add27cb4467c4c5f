"""The whole configuration that a client sends: every field said, nothing left to a default.

Documented defaults are not what endpoints do (PROTOCOL §2.2), so the first ``session.update`` names
them all. What the caller set stays as it is, an explicit None too.
"""

from __future__ import annotations

from typing import Literal

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


def full_session(config: SessionConfig, capabilities: Capabilities) -> SessionConfig:
    """Return ``config`` with everything set that an endpoint would else decide by itself."""
    audio = config.audio or AudioConfig()
    heard, said = audio.input or AudioInputConfig(), audio.output or AudioOutputConfig()
    heard = heard.model_copy(
        update={
            "format": heard.format or capabilities.input_format,
            "turn_detection": _turn_detection(heard, capabilities),
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
