"""The configuration that is sent leaves nothing to an endpoint's default."""

from voice.core.client_config import effective_format, full_session, merged
from voice.protocol.capabilities import Capabilities
from voice.protocol.formats import PCM16, PCMU, AudioFormat
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    SemanticVad,
    ServerVad,
    SessionConfig,
    parse_session,
)

CAN = Capabilities()


def test_an_empty_configuration_is_filled() -> None:
    assert full_session(SessionConfig(), CAN).to_wire() == {
        "type": "realtime",
        "instructions": "",
        "output_modalities": ["audio"],
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}},
        },
    }


def test_what_the_caller_set_stays() -> None:
    given = SessionConfig(
        instructions="Be brief.",
        output_modalities=["text"],
        max_output_tokens=50,
        audio=AudioConfig(
            input=AudioInputConfig(format=PCMU, turn_detection=ServerVad(threshold=0.9)),
            output=AudioOutputConfig(voice="marin"),
        ),
    )
    wire = full_session(given, CAN).to_wire()
    assert (wire["instructions"], wire["output_modalities"]) == ("Be brief.", ["text"])
    assert wire["max_output_tokens"] == 50
    assert wire["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert wire["audio"]["input"]["turn_detection"]["threshold"] == 0.9
    assert wire["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500
    assert wire["audio"]["output"]["voice"] == "marin"


def test_manual_turns_are_said_as_null() -> None:
    given = SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=None)))
    wire = full_session(given, CAN).to_wire()
    assert wire["audio"]["input"]["turn_detection"] is None


def test_the_endpoint_names_the_turn_detection_and_formats_that_suit_it() -> None:
    sixteen = AudioFormat("audio/pcm", 16_000, 2)
    can = Capabilities(default_turn_detection="semantic_vad", input_format=sixteen)
    full = full_session(SessionConfig(), can)
    assert full.audio is not None and full.audio.input is not None
    assert full.audio.input.turn_detection == SemanticVad(
        eagerness="auto", create_response=True, interrupt_response=True
    )
    assert effective_format(full, "input", PCM16) == sixteen


def test_a_session_that_names_no_format_has_the_default() -> None:
    assert effective_format(SessionConfig(), "output", PCMU) == PCMU


def test_what_an_endpoint_leaves_out_of_its_session_stays_in_force() -> None:
    before = full_session(SessionConfig(instructions="Be brief."), CAN)
    told = parse_session({"type": "realtime", "model": "m", "audio": {"output": {"voice": "x"}}})
    assert isinstance(told, SessionConfig)
    after = merged(before, told)
    assert (after.model, after.instructions) == ("m", "Be brief.")
    assert after.audio is not None and after.audio.input is not None
    assert isinstance(after.audio.input.turn_detection, ServerVad)
    assert after.audio.output is not None
    assert (after.audio.output.voice, after.audio.output.format) == ("x", PCM16)


def test_what_an_endpoint_sets_to_null_is_null() -> None:
    told = parse_session({"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    assert isinstance(told, SessionConfig)
    after = merged(full_session(SessionConfig(), CAN), told)
    assert after.audio is not None and after.audio.input is not None
    assert after.audio.input.turn_detection is None


def test_an_unknown_field_of_an_endpoint_is_kept() -> None:
    told = parse_session({"type": "realtime", "from_the_future": 1})
    assert isinstance(told, SessionConfig)
    assert merged(SessionConfig(), told).to_wire()["from_the_future"] == 1
