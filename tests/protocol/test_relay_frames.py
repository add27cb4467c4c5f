"""Everything that our client sends passes the strict types of new-api relays, in both dialects."""

import json
import random

import pytest

from tests.protocol.relay_structs import RelayHangsUp, check_frame
from tests.protocol.samples import event, kinds
from voice.core.client_actions import SendEvent
from voice.core.client_config import full_session
from voice.protocol import client_events as cl
from voice.protocol.capabilities import GATEWAY_CAPABILITIES
from voice.protocol.codec import ClientCodec, decode_client_event
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import resolve
from voice.protocol.items import parse_item
from voice.protocol.session_config import ResponseConfig, SessionConfig
from voice.testing.walk import STEPS_PER_CONVERSATION, ClientWalk

PLACES = {"a gateway": GATEWAY_CAPABILITIES} | {
    name: resolve("host.example", preset=name).capabilities for name in ("deerapi", "new-api")
}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
SETTINGS = {
    "nothing": {},
    "one tool by name": {"tools": [TOOL], "tool_choice": {"type": "function", "name": "f"}},
    "one MCP server": {
        "tools": [{"type": "mcp", "server_label": "s", "server_url": "https://s.example"}],
        "tool_choice": {"type": "mcp", "server_label": "s"},
    },
    "a pasted tool": {"tools": [{"type": "function", "function": {"name": "f"}}]},
    "a voice of one's own": {"audio": {"output": {"voice": {"id": "voice_1"}}}},
    "manual turns": {"audio": {"input": {"turn_detection": None, "transcription": None}}},
    "the newest fields": {
        "temperature": 0.8,
        "max_output_tokens": 1024,
        "prompt": {"id": "p"},
        "reasoning": {"effort": "low"},
        "tracing": {"workflow_name": "w"},
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
        "include": ["item.input_audio_transcription.logprobs"],
    },
}
ITEMS = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]},
    {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
    },
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]},
    {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind"}]},
    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c1", "output": ""},
]


def frames(sent, dialect, capabilities):
    return ClientCodec(dialect, capabilities).encode(sent)


@pytest.fixture(params=list(Dialect), ids=lambda dialect: dialect.value)
def dialect(request):
    return request.param


@pytest.fixture(params=PLACES.values(), ids=PLACES.keys())
def capabilities(request):
    return request.param


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_a_session_passes_whatever_is_asked(settings, dialect, capabilities):
    config = full_session(SessionConfig.model_validate(settings), capabilities)
    for frame in frames(cl.SessionUpdate(event_id="e", session=config), dialect, capabilities):
        check_frame(frame)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["type"])
def test_an_item_passes(item, dialect, capabilities):
    for frame in frames(cl.ConversationItemCreate(item=parse_item(item)), dialect, capabilities):
        check_frame(frame)


def test_a_response_passes_with_a_tool_choice_of_its_own(dialect, capabilities):
    config = ResponseConfig.model_validate(
        {"tool_choice": {"type": "function", "name": "f"}, "tools": [TOOL], "metadata": {"a": "b"}}
    )
    for frame in frames(cl.ResponseCreate(response=config), dialect, capabilities):
        check_frame(frame)


@pytest.mark.parametrize("kind", kinds("ga", "client"))
def test_every_event_passes_with_all_its_fields(kind, dialect, capabilities):
    sent = decode_client_event(json.dumps(event("ga", "client", kind, optional=True)))
    for frame in frames(sent, dialect, capabilities):
        check_frame(frame)


def test_audio_passes(dialect, capabilities):
    check_frame(ClientCodec(dialect, capabilities).encode_append(b"\0\0" * 240))


@pytest.mark.parametrize("seed", range(8))
def test_whole_conversations_pass(seed, dialect):
    """Typed and spoken turns, tools, interruptions, reconnects, as random walks make them."""
    conversation = ClientWalk(random.Random(seed).randrange)
    for _ in range(STEPS_PER_CONVERSATION):
        conversation.step()
    codec = ClientCodec(dialect, GATEWAY_CAPABILITIES)
    seen = set()
    for action in conversation.shell.done:
        if isinstance(action, SendEvent):
            seen.add(action.event.type)
            for frame in codec.encode(action.event):
                check_frame(frame)
    assert {"session.update", "conversation.item.create", "response.create"} <= seen


@pytest.mark.parametrize(
    "session",
    [
        {"tool_choice": {"type": "function", "name": "f"}},
        {"voice": {"id": "v"}},
        {"modalities": "text"},
        {"temperature": "0.8"},
        {"input_audio_transcription": "whisper-1"},
        {"Tool_Choice": {}},
    ],
    ids=str,
)
def test_the_relay_hangs_up_on_what_does_not_fit(session):
    with pytest.raises(RelayHangsUp, match=r"event\.session\."):
        check_frame(json.dumps({"type": "session.update", "session": session}))
