import asyncio
import json
import socket

import pytest
from websockets.asyncio.server import serve

from tests.server.serving_kit import engines, server
from voice.client.probe import probe
from voice.client.probe_talk import Outcome
from voice.engines.scripted import ScriptedReply
from voice.errors import SettingsError
from voice.protocol.endpoints import Endpoint, resolve


async def steps(endpoint, key=None):
    return {step.name: step async for step in probe(endpoint, key)}


async def test_a_sound_endpoint_passes_every_step():
    async with server(engines(replies=["Hello."])) as running:
        found = await steps(Endpoint.local(running.url))
    assert list(found) == [
        "resolve", "reach", "connect", "session", "configure", "answer", "models",
    ]  # fmt: skip
    assert {step.outcome for step in found.values()} == {Outcome.OK}
    assert "ga dialect" in found["session"].detail
    assert "'Hello.'" in found["answer"].detail
    assert "1 offered: scripted" in found["models"].detail


async def test_nobody_listening_is_named_and_ends_the_probe():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"))
    assert list(found) == ["resolve", "reach"]
    assert found["reach"].outcome is Outcome.FAILED
    assert "refused the connection" in found["reach"].detail
    assert "start the server" in found["reach"].mend


async def test_a_name_that_does_not_exist_is_named():
    found = await steps(resolve("wss://no-such-host.invalid/v1/realtime"))
    assert list(found) == ["resolve"]
    assert "no host no-such-host.invalid" in found["resolve"].detail


async def test_a_refused_key_names_the_variable_and_never_the_key():
    async with server(token=_secret("right-token-123456")) as running:
        found = await steps(Endpoint.local(running.url), "wrong-token-654321")
    assert found["connect"].outcome is Outcome.FAILED
    assert "VOICE_ENDPOINT__API_KEY" in found["connect"].mend
    assert "654321" not in str(found)


async def test_a_wrong_path_is_told():
    async with server() as running:
        found = await steps(Endpoint.local(running.url.replace("/v1/realtime", "/v2/else")))
    failed = [step for step in found.values() if step.outcome is Outcome.FAILED]
    assert len(failed) == 1
    assert "check the URL" in failed[0].detail + failed[0].mend


async def test_a_response_that_fails_is_told_with_its_cause():
    reply = ScriptedReply("", error="the brain is gone")
    async with server(engines(replies=[reply])) as running:
        found = await steps(Endpoint.local(running.url))
    assert found["answer"].outcome is Outcome.FAILED
    assert "the response failed" in found["answer"].detail


async def test_a_socket_that_never_greets_is_told(monkeypatch):
    import websockets

    monkeypatch.setattr("voice.client.probe_talk.STEP_LIMIT_S", 0.2)

    async def silent(connection):
        await connection.wait_closed()

    async with websockets.serve(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"))
    assert found["session"].outcome is Outcome.FAILED
    assert "session.created" in found["session"].detail


async def test_an_error_as_the_first_frame_is_a_refusal():
    import websockets

    async def refusing(connection):
        await connection.send(
            '{"type":"error","event_id":"e","error":{"type":"invalid_request_error",'
            '"code":"invalid_api_key","message":"Incorrect API key"}}'
        )
        await connection.close(1008, "no")

    async with websockets.serve(refusing, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"))
    assert found["session"].outcome is Outcome.FAILED
    assert "Incorrect API key (invalid_api_key)" in found["session"].detail
    assert "refused the key" in found["session"].mend


async def test_a_refusal_that_repeats_the_key_is_told_without_it():
    key = "canary-key-0123456789"

    def refuse(connection, request):
        words = {"error": {"message": f"slow down, {request.headers['Authorization']}"}}
        return connection.respond(429, json.dumps(words))

    async with serve(_nothing, "127.0.0.1", 0, process_request=refuse) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"), key)
    assert "slow down, Bearer ***" in found["connect"].detail
    assert key not in str(found)


async def test_an_error_event_that_repeats_the_key_is_told_without_it():
    key = "canary-key-0123456789"

    async def refusing(connection):
        message = f"no money for {connection.request.headers['Authorization']}"
        error = {"type": "insufficient_quota", "code": "insufficient_quota", "message": message}
        await connection.send(json.dumps({"type": "error", "event_id": "e", "error": error}))
        await connection.close(1008, message)

    async with serve(refusing, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"), key)
    assert "no money for Bearer ***" in found["session"].detail
    assert key not in str(found)


async def test_a_port_that_hangs_up_on_plain_words_may_want_tls():
    async def hang_up(reader, writer):
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"))
    assert "wss://" in found["connect"].mend


async def _nothing(connection):
    """Serve nobody: the handshake is refused."""


async def test_a_relay_is_told_by_its_headers():
    import websockets

    async def greet(connection):
        await connection.close(1011, "upstream")

    def add_header(connection, request, response):
        response.headers["x-oneapi-request-id"] = "1"

    async with websockets.serve(greet, "127.0.0.1", 0, process_response=add_header) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = await steps(Endpoint.local(f"ws://127.0.0.1:{port}/v1/realtime"))
    assert "new-api" in found["connect"].detail
    assert found["session"].outcome is Outcome.FAILED


async def test_an_endpoint_without_its_model_is_refused_before_anything_is_dialled():
    with pytest.raises(SettingsError, match="needs a model"):
        await steps(Endpoint.openai())


def _secret(text):
    from pydantic import SecretStr

    return SecretStr(text)


async def test_a_relay_that_names_itself_with_its_models_is_named():
    said = {
        "session.update": [{"type": "session.updated", "session": {"type": "realtime"}}],
        "conversation.item.create": [],
        "response.create": [
            {"type": "response.output_text.delta", "item_id": "i", "delta": "Hi"},
            {"type": "response.done", "response": {"id": "r", "status": "completed"}},
        ],
    }

    async def talk(socket):
        greeting = {"type": "session.created", "session": {"type": "realtime"}}
        await socket.send(json.dumps(greeting))
        async for frame in socket:
            for event in said[json.loads(frame)["type"]]:
                await socket.send(json.dumps(event))

    def models(connection, request):
        if not request.path.endswith("/models"):
            return None
        response = connection.respond(200, '{"object": "list", "data": [{"id": "m"}]}')
        response.headers["X-Oneapi-Request-Id"] = "1"
        return response

    async with serve(talk, "127.0.0.1", 0, process_request=models) as listener:
        port = listener.sockets[0].getsockname()[1]
        endpoint = resolve(f"ws://127.0.0.1:{port}/v1/realtime", preset="new-api")
        found = await steps(endpoint)
    assert found["answer"].outcome is Outcome.OK
    assert found["models"].detail == "1 offered: m; relay: new-api or one-api"
