"""Overrides of response.create: what is taken, and what is refused how."""

import pytest

from voice.core.refusals import Refusal
from voice.core.response_options import response_options
from voice.core.session_state import default_session
from voice.protocol.formats import PCM16, PCMU

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
OTHER = {"type": "function", "name": "other", "parameters": {"type": "object"}}


@pytest.fixture
def session():
    return default_session("sess_1", model="m", voice="heart")


def options(session, **overrides):
    return response_options(overrides, session, voices=("heart", "echo"))


def test_without_overrides_the_session_is_in_effect(session):
    session |= {"instructions": "Be kind.", "tools": [TOOL], "max_output_tokens": 70}
    taken = options(session)
    assert taken.instructions == "Be kind."
    assert taken.tools == (TOOL,)
    assert (taken.modality, taken.audio_format, taken.voice) == ("audio", PCM16, "heart")
    assert (taken.max_output_tokens, taken.token_limit, taken.in_conversation) == (70, 70, True)
    assert taken.input is None


def test_overrides_hold_for_the_one_response(session):
    session |= {"instructions": "Be kind.", "tools": [TOOL]}
    taken = options(
        session,
        instructions="",
        tools=[OTHER],
        tool_choice={"type": "function", "name": "other"},
        output_modalities=["text"],
        audio={"output": {"voice": "echo", "format": {"type": "audio/pcmu"}}},
        max_output_tokens="inf",
        temperature=0.7,
        parallel_tool_calls=False,
        metadata={"topic": "x"},
        conversation="none",
        input=[],
    )
    assert (taken.instructions, taken.tools) == ("", (OTHER,))
    assert taken.tool_choice["name"] == "other"
    assert (taken.modality, taken.audio_format, taken.voice) == ("text", PCMU, "echo")
    assert (taken.token_limit, taken.temperature, taken.parallel_tool_calls) == (None, 0.7, False)
    assert (taken.metadata, taken.in_conversation, taken.input) == ({"topic": "x"}, False, ())


def test_null_counts_as_absent(session):
    session["instructions"] = "Be kind."
    names = ("instructions", "tools", "audio", "metadata", "input", "max_output_tokens")
    assert options(session, **dict.fromkeys(names)) == options(session)


def test_what_no_engine_honours_is_accepted(session):
    options(session, prompt={"id": "p"}, reasoning={"effort": "low"})


def test_a_voice_that_cannot_sound_becomes_the_sessions(session):
    assert options(session, audio={"output": {"voice": "alloy"}}).voice == "heart"


@pytest.mark.parametrize(
    ("overrides", "code", "param"),
    [
        ({"modalities": ["text"]}, "unknown_parameter", "response.modalities"),
        ({"audio": {"input": {}}}, "unknown_parameter", "response.audio.input"),
        (
            {"audio": {"output": {"pitch": 1}}},
            "unknown_parameter",
            "response.audio.output.pitch",
        ),
        (
            {"output_modalities": ["text", "audio"]},
            "invalid_value",
            "response.output_modalities",
        ),
        ({"output_modalities": []}, "invalid_value", "response.output_modalities"),
        ({"tool_choice": "sometimes"}, "invalid_value", "response.tool_choice"),
        (
            {"tool_choice": {"type": "function", "name": "nowhere"}},
            "invalid_value",
            "response.tool_choice",
        ),
        ({"max_output_tokens": 0}, "integer_below_min_value", "response.max_output_tokens"),
        ({"max_output_tokens": 4097}, "integer_above_max_value", "response.max_output_tokens"),
        ({"conversation": "other"}, "invalid_value", "response.conversation"),
        ({"temperature": 3.0}, "decimal_above_max_value", "response.temperature"),
        (
            {"metadata": {f"k{n}": "" for n in range(17)}},
            "object_above_max_properties",
            "response.metadata",
        ),
        ({"metadata": {"k" * 65: ""}}, "string_above_max_length", "response.metadata"),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "response.metadata.k"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "response.tools[0].name"),
    ],
)
def test_a_bad_override_is_refused_by_name(session, overrides, code, param):
    with pytest.raises(Refusal) as refused:
        options(session, **overrides)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_metadata_at_its_limits_is_taken(session):
    metadata = {f"{n:02}".ljust(64, "k"): "v" * 512 for n in range(16)}
    assert options(session, metadata=metadata).metadata == metadata


def test_the_sessions_named_function_is_let_go_where_the_response_has_other_tools(session):
    session |= {"tools": [TOOL], "tool_choice": {"type": "function", "name": "look"}}
    assert options(session).tool_choice["name"] == "look"
    assert options(session, tools=[OTHER]).tool_choice == "auto"
