"""Azure Voice Live's own words in a flat session, in the nearest words that everybody knows.

Its clients send them in every session (a voice as an object, detectors and noise reduction of
Azure's making), and would be refused for each. Total, as all maps of dialects: no JSON makes one
raise, and none changes its argument.
"""

from typing import Any, Final

_OWN_FIELDS: Final = frozenset(
    {
        "animation",
        "avatar",
        "greeting_message",
        "input_audio_echo_cancellation",
        "input_audio_sampling_rate",
        "interim_response",
        "output_audio_timestamp_types",
    }
)
"""What no other server has: pictures, echo cancelled at the server, and the like."""

_DETECTOR_FIELDS: Final = frozenset(
    {
        "type",
        "threshold",
        "prefix_padding_ms",
        "silence_duration_ms",
        "create_response",
        "interrupt_response",
    }
)
_AZURE_DETECTOR: Final = "azure_semantic_vad"
_AZURE_NOISE: Final = "azure_deep_noise_suppression"
_AZURE_DETECTOR_FIELDS: Final = frozenset(
    {
        "auto_truncate",
        "end_of_utterance_detection",
        "languages",
        "remove_filler_words",
        "speech_duration_ms",
    }
)


def without_own_fields(session: dict[str, Any]) -> dict[str, Any]:
    """Return the session without the fields that only Voice Live has; itself where it has none."""
    if _OWN_FIELDS.isdisjoint(session):
        return session
    return {key: value for key, value in session.items() if key not in _OWN_FIELDS}


def plain_voice(voice: Any) -> Any:
    """Return the name of a voice that is given as an object: ``{"type": …, "name": …}``."""
    if isinstance(voice, dict) and isinstance(voice.get("name"), str):
        return voice["name"]
    return voice


def plain_noise_reduction(value: Any) -> Any:
    """Return Azure's noise suppression as the near-field kind."""
    if isinstance(value, dict) and value.get("type") == _AZURE_NOISE:
        return {"type": "near_field"}
    return value


def plain_turn_detection(value: Any) -> Any:
    """Return Azure's detectors as ``server_vad``, and any detector without Azure's settings.

    They find the end of a turn by silence and threshold, as ``server_vad`` does; ours listens to
    the words as well.
    """
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    if isinstance(kind, str) and kind.startswith(_AZURE_DETECTOR):
        plain = {key: inner for key, inner in value.items() if key in _DETECTOR_FIELDS}
        return {**plain, "type": "server_vad"}
    if _AZURE_DETECTOR_FIELDS.isdisjoint(value):
        return value
    return {key: inner for key, inner in value.items() if key not in _AZURE_DETECTOR_FIELDS}
