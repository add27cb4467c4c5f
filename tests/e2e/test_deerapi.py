"""The request that DeerAPI prints: sent by our client, understood by our server, as it stands."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.session_kit import Reader
from tests.server.serving_kit import connect, server
from voice.client.session import Session
from voice.core.client_config import full_session
from voice.core.updates import SessionReady
from voice.protocol.client_events import SessionUpdate
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import resolve
from voice.protocol.session_config import SessionConfig
from voice.session_setup import configured_endpoint, session_config
from voice.settings import Settings, load_settings

PRINTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "deerapi_request.json").read_text("utf-8")
)
SESSION: dict[str, Any] = PRINTED["session"]
BETA_HEADER = {"OpenAI-Beta": "realtime=v1"}


def settings_for(url: str = "deerapi", **more: Any) -> Settings:
    """The settings that say what the printed request says."""
    return load_settings(
        overrides={
            "endpoint.url": url,
            "endpoint.model": "gpt-4o-realtime-preview-2024-10-01",
            "endpoint.dialect": "beta",
            "session.instructions": SESSION["instructions"],
            "session.voice": "alloy",
            "session.turn_detection": "server_vad",
            "session.threshold": 0.5,
            "session.prefix_padding_ms": 300,
            "session.silence_duration_ms": 200,
            "session.transcription_model": "whisper-1",
            "session.temperature": 0.8,
            "session.max_output_tokens": 1024,
            **more,
        }
    )


def asked_of(settings: Settings) -> SessionConfig:
    """Return the session that the settings ask for, with the printed tool."""
    config = session_config(settings, configured_endpoint(settings))
    tools = SessionConfig.model_validate({"tools": SESSION["tools"]}).tools
    return config.model_copy(update={"tools": tools})


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


def test_the_settings_make_the_printed_request_value_for_value() -> None:
    settings = settings_for()
    endpoint = configured_endpoint(settings)
    config = full_session(asked_of(settings), endpoint.capabilities)
    codec = ClientCodec(endpoint.dialect, endpoint.capabilities)

    [frame] = codec.encode(SessionUpdate(event_id="event_123", session=config))

    assert json.loads(frame) == PRINTED


def test_the_connection_is_the_printed_one() -> None:
    endpoint = configured_endpoint(settings_for())
    model = "gpt-4o-realtime-preview-2024-10-01"
    assert endpoint.url() == f"wss://api.deerapi.com/v1/realtime?model={model}"
    assert endpoint.headers("sk-1") == {**BETA_HEADER, "Authorization": "Bearer sk-1"}
    quiet = configured_endpoint(settings_for(**{"endpoint.beta_header": False}))
    assert quiet.headers("sk-1") == {"Authorization": "Bearer sk-1"}


@pytest.mark.parametrize("headers", [BETA_HEADER, {}], ids=["beta header", "no header"])
async def test_our_server_understands_the_printed_request(headers: dict[str, str]) -> None:
    async with server() as running, connect(running, additional_headers=headers) as client:
        await client.until("session.created")
        await client.socket.send(json.dumps(PRINTED, ensure_ascii=False))
        updated = await client.until("session.updated")

    session = dict(updated["session"])
    # Ours answers with BETA's official name of the limit.
    assert session.pop("max_response_output_tokens") == 1024
    # What it has only one of, it answers with the one in effect.
    assert session["voice"] == "tone"
    assert session["input_audio_transcription"]["model"] == "scripted"
    for name in SESSION.keys() - {"max_output_tokens", "voice", "input_audio_transcription"}:
        if name == "turn_detection":
            assert SESSION[name].items() <= session[name].items()
        else:
            assert session[name] == SESSION[name]


async def test_our_client_and_our_server_agree_on_it() -> None:
    async with server() as running:
        endpoint = resolve(running.url, preset="deerapi", dialect=Dialect.BETA)
        async with Session(endpoint=endpoint, config=asked_of(settings_for())) as session:
            ready = await Reader(session).until(SessionReady)

    assert ready.dialect is Dialect.BETA
    shown = ready.session.to_wire()
    assert shown["tools"] == SESSION["tools"]
    assert shown["max_output_tokens"] == 1024
    assert shown["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
