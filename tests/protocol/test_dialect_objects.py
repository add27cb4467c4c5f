import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.samples import (
    BETA_ITEM,
    BETA_RESPONSE,
    BETA_SESSION,
    GA_ITEM,
    GA_RESPONSE,
    GA_SESSION,
)
from voice.protocol.dialect_objects import (
    BetaSpelling,
    item_to_beta,
    item_to_ga,
    nested_path_to_flat,
    response_to_beta,
    response_to_ga,
    session_to_beta,
    session_to_ga,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)

formats = st.sampled_from(["pcm16", "g711_ulaw", "g711_alaw"])
turn_detections = st.none() | st.fixed_dictionaries(
    {"type": st.just("server_vad")},
    optional={
        "threshold": st.floats(0, 1),
        "prefix_padding_ms": st.integers(0, 1000),
        "silence_duration_ms": st.integers(0, 2000),
        "create_response": st.booleans(),
        "interrupt_response": st.booleans(),
    },
)
tools = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.text(min_size=1, max_size=8)},
        optional={"description": st.text(max_size=8), "parameters": st.just({"type": "object"})},
    ),
    max_size=2,
)
generation = {
    "modalities": st.sampled_from([["text"], ["text", "audio"]]),
    "instructions": st.text(max_size=20),
    "voice": st.sampled_from(["alloy", "verse"]),
    "output_audio_format": formats,
    "tools": tools,
    "tool_choice": st.sampled_from(["auto", "none", "required"]),
    "temperature": st.floats(0.6, 1.2),
}
beta_sessions = st.fixed_dictionaries(
    {},
    optional={
        **generation,
        "model": st.just("gpt-4o-realtime-preview"),
        "input_audio_format": formats,
        "input_audio_transcription": st.none() | st.just({"model": "whisper-1", "language": "en"}),
        "input_audio_noise_reduction": st.none() | st.just({"type": "near_field"}),
        "turn_detection": turn_detections,
        "max_response_output_tokens": st.just("inf") | st.integers(1, 4096),
        "speed": st.floats(0.25, 1.5),
        "tracing": st.none() | st.just("auto"),
        "vendor_key": json_values,
    },
)
beta_responses = st.fixed_dictionaries(
    {},
    optional={
        **generation,
        "conversation": st.sampled_from(["auto", "none"]),
        "metadata": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
        "max_response_output_tokens": st.just("inf") | st.integers(1, 4096),
        "input": st.lists(st.just(BETA_ITEM), max_size=2),
    },
)


@given(beta_sessions)
def test_what_beta_says_of_a_session_survives_the_way_to_ga_and_back(session):
    before = deepcopy(session)
    assert session_to_beta(session_to_ga(session)) == session
    assert session == before


@given(beta_responses)
def test_what_beta_says_of_a_response_survives_the_way_to_ga_and_back(response):
    nested = response_to_ga(response)
    back = response_to_beta(nested, tokens_name="max_response_output_tokens")
    assert back == response


@given(beta_sessions)
def test_ga_that_beta_can_say_survives_the_way_to_beta_and_back(session):
    nested = session_to_ga(session)
    assert session_to_ga(session_to_beta(nested)) == nested
    assert session_to_ga(nested) == nested


def test_whole_objects_are_translated():
    session = session_to_ga(BETA_SESSION)
    assert session == {
        **GA_SESSION,
        "model": "gpt-4o-realtime-preview",
        "temperature": 0.8,
        "audio": {
            "input": GA_SESSION["audio"]["input"],
            "output": {**GA_SESSION["audio"]["output"], "voice": "alloy"},
        },
    }
    assert session_to_beta(session) == BETA_SESSION
    response = response_to_ga(BETA_RESPONSE)
    assert response == {
        **GA_RESPONSE,
        "audio": {
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"},
        },
    }
    assert response_to_beta(response) == BETA_RESPONSE


def test_either_name_of_the_token_limit_is_understood_and_either_can_be_sent():
    assert session_to_ga({"max_output_tokens": 1024})["max_output_tokens"] == 1024
    assert session_to_ga({"max_response_output_tokens": 7})["max_output_tokens"] == 7
    nested = {"type": "realtime", "max_output_tokens": 1024}
    assert session_to_beta(nested) == {"max_response_output_tokens": 1024}
    named = BetaSpelling(max_output_tokens_name="max_output_tokens")
    assert session_to_beta(nested, named) == {"max_output_tokens": 1024}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ({"type": "function", "name": "clock"}, "required"),
        ({"type": "mcp", "server_label": "home"}, "required"),
        (None, None),
    ],
)
def test_a_tool_choice_is_a_string_in_a_beta_session(choice, sent):
    assert session_to_beta({"tool_choice": choice})["tool_choice"] == sent


def test_a_tool_choice_object_stays_where_the_endpoint_takes_it():
    choice = {"type": "function", "name": "clock"}
    spelling = BetaSpelling(tool_choice_object_ok=True)
    assert session_to_beta({"tool_choice": choice}, spelling) == {"tool_choice": choice}
    assert response_to_beta({"tool_choice": choice}) == {"tool_choice": choice}


def test_a_tool_choice_that_is_a_function_name_becomes_an_object_in_ga():
    nested = session_to_ga({"tool_choice": "clock"})
    assert nested["tool_choice"] == {"type": "function", "name": "clock"}


def test_what_beta_cannot_say_is_left_out():
    flat = session_to_beta(
        {
            "type": "realtime",
            "prompt": {"id": "p"},
            "truncation": "auto",
            "reasoning": {"effort": "low"},
            "parallel_tool_calls": True,
            "include": ["item.input_audio_transcription.logprobs"],
            "tools": [{"type": "mcp", "server_label": "home"}, {"type": "function", "name": "f"}],
            "audio": {
                "input": {
                    "turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000},
                    "transcription": {"model": "m", "delay": "low", "keywords": ["a"]},
                    "noise_reduction": {"type": "far_field", "strength": 0.5},
                },
                "output": {"voice": {"id": "voice_1"}},
            },
        }
    )
    assert flat == {
        "tools": [{"type": "function", "name": "f"}],
        "turn_detection": {"type": "server_vad"},
        "input_audio_transcription": {"model": "m"},
        "input_audio_noise_reduction": {"type": "far_field"},
        "voice": "voice_1",
    }


def test_null_turn_detection_stays_null_and_none_becomes_null():
    nested = session_to_ga({"turn_detection": None})
    assert nested["audio"] == {"input": {"turn_detection": None}}
    assert session_to_beta(nested) == {"turn_detection": None}
    assert session_to_ga({"turn_detection": {"type": "none"}}) == nested


def test_a_session_with_both_key_sets_keeps_its_nested_values():
    both = {**BETA_SESSION, **GA_SESSION}
    assert session_to_ga(both)["audio"] == GA_SESSION["audio"]


def test_a_transcription_session_has_no_modalities():
    flat = {"modalities": ["text"], "input_audio_format": "pcm16", "include": ["x"]}
    nested = session_to_ga(flat, type="transcription")
    assert nested == {
        "type": "transcription",
        "include": ["x"],
        "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}},
    }
    assert session_to_beta(nested) == {"include": ["x"], "input_audio_format": "pcm16"}


def test_unknown_formats_pass_through_for_the_other_side_to_refuse():
    nested = session_to_ga({"output_audio_format": "mp3"})
    assert nested["audio"]["output"]["format"] == {"type": "mp3"}
    assert session_to_beta(nested) == {"output_audio_format": "mp3"}


def test_only_the_assistants_parts_are_renamed():
    assert item_to_ga(BETA_ITEM) == GA_ITEM
    assert item_to_beta(GA_ITEM) == BETA_ITEM
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    assert item_to_beta(user) is user
    assert item_to_ga(user) is user


def test_an_image_is_passed_on_rather_than_lost():
    item = {"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}
    assert item_to_beta(item) is item


@pytest.mark.parametrize(
    ("path", "flat"),
    [
        ("session.audio.input.format", "session.input_audio_format"),
        ("session.audio.input.format.rate", "session.input_audio_format.rate"),
        ("response.max_output_tokens", "response.max_response_output_tokens"),
        ("session.tools[0].name", "session.tools[0].name"),
        ("item.content[0]", "item.content[0]"),
        ("type", "type"),
    ],
)
def test_the_path_of_a_setting_is_told_in_beta_words(path, flat):
    assert nested_path_to_flat(path) == flat


keys = st.sampled_from(
    [
        *BETA_SESSION,
        *GA_SESSION,
        "output",
        "input",
        "content",
        "role",
        "include",
        "prompt",
        "format",
        "turn_detection",
    ]
)
weird = st.recursive(
    st.none() | st.integers(-5, 5) | st.sampled_from(["assistant", "audio", "none", "realtime"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(weird)
def test_no_json_makes_a_map_raise_or_changes_under_it(value):
    before = json.dumps(value, sort_keys=True)
    for convert in (
        session_to_ga,
        session_to_beta,
        response_to_ga,
        response_to_beta,
        item_to_ga,
        item_to_beta,
    ):
        convert(value)
    assert json.dumps(value, sort_keys=True) == before
