"""The merge rules of session.update (PROTOCOL §2.2)."""

import copy

import pytest

from voice.core.refusals import Refusal
from voice.core.session_fields import SLOWEST_SPEED, Recogniser
from voice.core.session_state import default_session, merge, wire_session
from voice.core.session_view import SessionView
from voice.engines.tts import SLOWEST
from voice.protocol.formats import PCMU
from voice.protocol.turn_causes import TURN_CAUSES_KEY


@pytest.fixture
def session():
    return default_session("sess_1", model="offline", voice="heart")


def updated(session, update, *, spoken=False):
    return merge(session, update, voices=("heart", "emma"), spoken=spoken)


def test_absent_keeps_and_present_replaces(session):
    first = updated(session, {"instructions": "Be brief."})
    second = updated(first, {"tool_choice": "none"})
    assert second["instructions"] == "Be brief."
    assert second["tool_choice"] == "none"
    assert second["audio"] == session["audio"]


def test_an_update_never_changes_the_session_it_started_from(session):
    before = copy.deepcopy(session)
    updated(session, {"audio": {"input": {"turn_detection": None}}})
    assert session == before


def test_null_clears_turn_detection_and_an_empty_string_clears_instructions(session):
    new = updated(session, {"instructions": "", "audio": {"input": {"turn_detection": None}}})
    assert new["instructions"] == ""
    assert SessionView(new).turn_rules is None


def test_an_empty_list_clears_the_tools(session):
    tool = {"type": "function", "name": "f", "parameters": {}}
    assert updated(updated(session, {"tools": [tool]}), {"tools": []})["tools"] == []


def test_turn_detection_comes_back_fully_expanded(session):
    update = {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}
    block = updated(session, update)["audio"]["input"]["turn_detection"]
    assert block == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_a_part_of_turn_detection_merges_with_what_was_there(session):
    update = {"type": "server_vad", "silence_duration_ms": 200}
    new = updated(session, {"audio": {"input": {"turn_detection": update}}})
    block = new["audio"]["input"]["turn_detection"]
    assert block["silence_duration_ms"] == 200
    assert block["threshold"] == 0.5
    assert SessionView(new).turn_rules.wait_complete_ms == 200


def test_formats_are_read_as_formats(session):
    new = updated(session, {"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
    assert SessionView(new).output_format == PCMU


def test_what_no_engine_can_do_is_accepted_and_reported_as_off(session):
    update = {"tracing": "auto", "audio": {"input": {"noise_reduction": {"type": "near_field"}}}}
    new = updated(session, update)
    assert new["tracing"] is None
    assert new["audio"]["input"]["noise_reduction"] is None


@pytest.mark.parametrize(
    ("update", "path", "in_effect"),
    [
        ({"truncation": "disabled"}, ("truncation",), "disabled"),
        ({"truncation": None}, ("truncation",), "auto"),
        (
            {"truncation": {"type": "retention_ratio", "retention_ratio": 0.8}},
            ("truncation",),
            {"type": "retention_ratio", "retention_ratio": 0.8},
        ),
        ({"prompt": {"id": "pmpt_1"}}, ("prompt",), None),
        ({"reasoning": {"effort": "low"}}, ("reasoning",), None),
        ({"include": ["item.input_audio_transcription.logprobs"]}, ("include",), None),
        ({"audio": {"output": {"speed": 0.25}}}, ("audio", "output", "speed"), 0.5),
        ({"audio": {"output": {"speed": 1.5}}}, ("audio", "output", "speed"), 1.5),
        ({"model": "gpt-realtime"}, ("model",), "offline"),
        ({"id": "mine"}, ("id",), "sess_1"),
        ({"parallel_tool_calls": False}, ("parallel_tool_calls",), False),
        ({"audio": None}, ("audio", "output", "voice"), "heart"),
    ],
)
def test_what_comes_back_is_what_is_in_effect(session, update, path, in_effect):
    value = updated(session, update)
    for name in path:
        value = value[name]
    assert value == in_effect


def test_the_slowest_speed_is_the_voices_own():
    assert SLOWEST_SPEED == SLOWEST


def test_transcription_names_the_recogniser_and_keeps_the_language(session):
    block = {"model": "whisper-1", "language": "en", "prompt": "names", "keywords": ["Zoe"]}
    first = updated(session, {"audio": {"input": {"transcription": block}}})
    second = updated(first, {"audio": {"input": {"transcription": {"model": "other"}}}})
    in_effect = {"model": "local", "language": "en", "prompt": None}
    assert first["audio"]["input"]["transcription"] == in_effect
    assert second["audio"]["input"]["transcription"] == in_effect
    off = updated(second, {"audio": {"input": {"transcription": None}}})
    assert off["audio"]["input"]["transcription"] is None


@pytest.mark.parametrize(
    ("asked", "in_effect"),
    [("en", "en"), ("en-GB", "en-GB"), ("EN", "EN"), ("de", None), ("english", None), ("", None)],
)
def test_a_language_that_the_recogniser_does_not_know_is_not_in_effect(session, asked, in_effect):
    new = merge(
        session,
        {"audio": {"input": {"transcription": {"language": asked}}}},
        voices=("heart",),
        spoken=False,
        recogniser=Recogniser("moonshine", ("en",)),
    )
    assert new["audio"]["input"]["transcription"]["language"] == in_effect


def test_a_transcription_session_shows_its_input_and_nothing_else(session):
    new = updated(session, {"type": "transcription"})
    assert wire_session(new) == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": 0,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "local", "language": None, "prompt": None},
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                },
            }
        },
    }


def test_a_transcription_session_always_transcribes(session):
    update = {"type": "transcription", "audio": {"input": {"transcription": None}}}
    assert updated(session, update)["audio"]["input"]["transcription"]["model"] == "local"


def test_a_session_comes_back_from_transcription_as_it_was(session):
    there = updated(session, {"type": "transcription"})
    back = updated(there, {"type": "realtime"})
    assert wire_session(back)["object"] == "realtime.session"
    assert back["audio"]["output"] == session["audio"]["output"]


def test_an_unknown_voice_is_reported_as_the_one_that_will_sound(session):
    new = updated(session, {"audio": {"output": {"voice": "alloy"}}})
    assert new["audio"]["output"]["voice"] == "heart"


def test_a_changed_voice_after_audio_refuses_the_whole_update(session):
    update = {"instructions": "x", "audio": {"output": {"voice": "emma"}}}
    with pytest.raises(Refusal) as refused:
        updated(session, update, spoken=True)
    assert refused.value.code == "cannot_update_voice"
    assert refused.value.param == "session.audio.output.voice"


@pytest.mark.parametrize(
    ("update", "code", "param"),
    [
        ({"colour": 1}, "unknown_parameter", "session.colour"),
        ({"audio": {"middle": {}}}, "unknown_parameter", "session.audio.middle"),
        ({"audio": {"input": {"x": 1}}}, "unknown_parameter", "session.audio.input.x"),
        ({"audio": 3}, "invalid_type", "session.audio"),
        ({"instructions": 3}, "invalid_type", "session.instructions"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "session.max_output_tokens"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"tool_choice": "maybe"}, "invalid_value", "session.tool_choice"),
        (
            {"tool_choice": {"type": "function", "name": "f", "id": "0"}},
            "unknown_parameter",
            "session.tool_choice.id",
        ),
        (
            {"tool_choice": {"type": "function", "name": 5}},
            "invalid_type",
            "session.tool_choice.name",
        ),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}},
            "integer_below_min_value",
            "session.audio.input.format.rate",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "none"}}}},
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "threshold": 1}}}},
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"output": {"speed": 9}}},
            "decimal_above_max_value",
            "session.audio.output.speed",
        ),
        (
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 48_000}}}},
            "integer_above_max_value",
            "session.audio.output.format.rate",
        ),
        (
            {"audio": {"input": {"format": {"type": "audio/opus"}}}},
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {"idle_timeout_ms": "soon"}}}},
            "invalid_type",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            {"audio": {"input": {"transcription": {"colour": "red"}}}},
            "unknown_parameter",
            "session.audio.input.transcription.colour",
        ),
        (
            {"audio": {"input": {"noise_reduction": {"type": "loud"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        ({"truncation": "sometimes"}, "invalid_value", "session.truncation"),
        (
            {"truncation": {"type": "retention_ratio"}},
            "missing_required_parameter",
            "session.truncation.retention_ratio",
        ),
        (
            {"truncation": {"type": "retention_ratio", "retention_ratio": 1.5}},
            "decimal_above_max_value",
            "session.truncation.retention_ratio",
        ),
        ({"include": ["everything"]}, "invalid_value", "session.include[0]"),
        ({"reasoning": {"effort": "huge"}}, "invalid_value", "session.reasoning.effort"),
        ({"prompt": {}}, "missing_required_parameter", "session.prompt.id"),
        ({"tracing": "always"}, "invalid_value", "session.tracing"),
        ({"type": "translation"}, "invalid_value", "session.type"),
        (
            {"type": "transcription", "instructions": "x"},
            "unknown_parameter",
            "session.instructions",
        ),
        (
            {"type": "transcription", "audio": {"output": {"voice": "x"}}},
            "unknown_parameter",
            "session.audio.output",
        ),
    ],
)
def test_a_bad_field_is_refused_with_its_name(session, update, code, param):
    with pytest.raises(Refusal) as refused:
        updated(session, update)
    assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
def test_that_a_client_reads_causes_is_kept_and_never_shown(session, kind):
    new = updated(session, {"type": kind, TURN_CAUSES_KEY: True})
    assert SessionView(new).reads_causes
    assert TURN_CAUSES_KEY not in wire_session(new)
    assert not SessionView(session).reads_causes
