import pytest
from pydantic import ValidationError

from tests.protocol.samples import FACTS, GA_SESSION
from voice.protocol.formats import PCM16, PCMU
from voice.protocol.items import ItemReference
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    FunctionTool,
    McpTool,
    NoiseReduction,
    OtherTurnDetection,
    ResponseConfig,
    SemanticVad,
    ServerVad,
    SessionConfig,
    ToolChoiceFunction,
    ToolChoiceMcp,
    Transcription,
    TranscriptionSessionConfig,
    VoiceId,
    parse_session,
)

MODELS = {
    "RealtimeSessionCreateRequest": SessionConfig,
    "RealtimeTranscriptionSessionCreateRequest": TranscriptionSessionConfig,
    "RealtimeResponseCreateParams": ResponseConfig,
    "RealtimeAudioConfigInput": AudioInputConfig,
    "RealtimeAudioConfigOutput": AudioOutputConfig,
    "NoiseReduction": NoiseReduction,
    "ServerVad": ServerVad,
    "SemanticVad": SemanticVad,
    "RealtimeFunctionTool": FunctionTool,
    "ToolChoiceFunction": ToolChoiceFunction,
    "ToolChoiceMcp": ToolChoiceMcp,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_field_of_every_configuration_object_is_modelled(name):
    assert set(FACTS["objects"][name]) <= set(MODELS[name].model_fields)


def test_a_whole_session_comes_back_as_it_was_sent():
    session = parse_session(GA_SESSION)
    assert isinstance(session, SessionConfig)
    assert session.to_wire() == GA_SESSION
    assert session.audio.input.format is PCM16
    assert session.audio.input.turn_detection.silence_duration_ms == 200
    assert session.tools == [FunctionTool(name="clock", parameters={"type": "object"})]


def test_an_empty_update_says_only_its_type():
    assert SessionConfig().to_wire() == {"type": "realtime"}


def test_absent_and_null_are_told_apart():
    absent = parse_session({"audio": {"input": {}}})
    cleared = parse_session({"audio": {"input": {"turn_detection": None}}})
    assert absent.audio.input.turn_detection is None
    assert cleared.audio.input.turn_detection is None
    assert "turn_detection" not in absent.audio.input.model_fields_set
    assert "turn_detection" in cleared.audio.input.model_fields_set
    assert absent.to_wire()["audio"] == {"input": {}}
    assert cleared.to_wire()["audio"] == {"input": {"turn_detection": None}}


def test_only_what_was_set_is_sent():
    config = SessionConfig(
        instructions="",
        audio=AudioConfig(
            input=AudioInputConfig(format=PCMU, turn_detection=ServerVad(threshold=0.3)),
            output=AudioOutputConfig(voice=VoiceId(id="voice_1")),
        ),
    )
    assert config.to_wire() == {
        "type": "realtime",
        "instructions": "",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "turn_detection": {"type": "server_vad", "threshold": 0.3},
            },
            "output": {"voice": {"id": "voice_1"}},
        },
    }


def test_turn_detection_reads_with_its_documented_defaults():
    vad = ServerVad()
    assert (vad.threshold, vad.prefix_padding_ms, vad.silence_duration_ms) == (0.5, 300, 500)
    assert vad.create_response
    assert vad.interrupt_response
    nulls = {"type": "server_vad", "threshold": None, "silence_duration_ms": None}
    assert ServerVad.model_validate(nulls).silence_duration_ms == 500
    assert SemanticVad().eagerness == "auto"


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ({"type": "server_vad"}, ServerVad),
        ({"type": "semantic_vad", "eagerness": "low"}, SemanticVad),
        ({"type": "azure_semantic_vad", "window": 2}, OtherTurnDetection),
        ({"type": "none"}, type(None)),
        ({}, ServerVad),
    ],
)
def test_turn_detection_is_read_by_its_type(wire, kind):
    read = AudioInputConfig.model_validate({"turn_detection": wire}).turn_detection
    assert isinstance(read, kind)


def test_tools_are_read_by_their_type():
    session = parse_session(
        {
            "tools": [
                {"name": "plain"},
                {"type": "function", "function": {"name": "nested", "parameters": {}}},
                {"type": "mcp", "server_label": "home", "allowed_tools": ["lamp"]},
                {"type": "web_search"},
            ]
        }
    )
    plain, nested, mcp, other = session.tools
    assert plain == FunctionTool(name="plain")
    assert nested == FunctionTool(name="nested", parameters={})
    assert isinstance(mcp, McpTool)
    assert mcp.to_wire() == {
        "type": "mcp",
        "server_label": "home",
        "allowed_tools": ["lamp"],
    }
    assert other == {"type": "web_search"}
    assert parse_session({"tools": None}).tools == []


@pytest.mark.parametrize(
    ("wire", "read"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, ToolChoiceFunction(name="f")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoiceFunction(name="f")),
        ({"type": "mcp", "server_label": "home"}, ToolChoiceMcp(server_label="home")),
        (None, None),
    ],
)
def test_tool_choice_is_a_word_or_one_tool(wire, read):
    assert parse_session({"tool_choice": wire}).tool_choice == read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tool_choice", {"type": "tarot"}),
        ("tool_choice", 5),
        ("tools", "clock"),
        ("tools", [5]),
        ("max_output_tokens", -1),
        ("max_output_tokens", "9" * 400),
        ("audio", {"input": {"format": {"type": "audio/opus"}}}),
        ("audio", {"input": {"turn_detection": "server_vad"}}),
    ],
)
def test_wrong_settings_are_refused(field, value):
    with pytest.raises(ValidationError):
        parse_session({field: value})


def test_the_type_says_what_kind_of_session_it_is():
    wire = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    session = parse_session(wire)
    assert isinstance(session, TranscriptionSessionConfig)
    assert session.audio.input.transcription == Transcription(model="whisper-1")
    assert session.to_wire() == wire
    assert parse_session(session) is session
    with pytest.raises(ValueError, match="session must be an object"):
        parse_session("realtime")


def test_unknown_session_keys_are_kept():
    assert parse_session({"vendor": 1}).to_wire() == {"type": "realtime", "vendor": 1}


def test_a_response_without_context_is_not_one_with_the_usual_context():
    assert ResponseConfig(input=[]).to_wire() == {"input": []}
    assert ResponseConfig().to_wire() == {}
    config = ResponseConfig(conversation="none", input=[ItemReference(id="i")], temperature=0.8)
    assert config.to_wire() == {
        "conversation": "none",
        "input": [{"type": "item_reference", "id": "i"}],
        "temperature": 0.8,
    }


def test_no_repr_of_a_hosted_server_shows_its_keys():
    server = McpTool(
        server_label="docs",
        server_url="https://docs.example/mcp",
        authorization="canary-token",
        headers={"X-Key": "canary-header"},
        require_approval={"never": {"tool_names": ["search"]}},
    )
    assert server.secrets == ("canary-token", "canary-header")
    assert "canary" not in repr(server) + repr(SessionConfig(tools=[server]))
    shown = server.without_secrets().to_wire()
    assert "canary" not in str(shown)
    assert shown["require_approval"] == {"never": {"tool_names": ["search"]}}


def test_a_hosted_server_is_what_the_official_client_sends():
    from openai.types.responses.tool import Mcp

    wire = McpTool(
        server_label="docs",
        server_url="https://docs.example/mcp",
        authorization="token",
        headers={"X-Key": "value"},
        allowed_tools=["search", "read"],
        require_approval={"never": {"tool_names": ["search"]}},
        server_description="The manuals.",
    ).to_wire()
    official = Mcp.model_validate(wire)
    assert official.model_dump(exclude_none=True) == wire
    assert McpTool.model_validate(official.model_dump(exclude_none=True)).to_wire() == wire
