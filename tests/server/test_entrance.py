"""Who is let in, over real sockets and pages: keys, origins, hosts, and how often one may guess."""

import asyncio
import json
import ssl
from pathlib import Path

import pytest
import websockets
from pydantic import SecretStr

from tests.server.serving_kit import WAIT_S, connect, server

CERTIFICATE = Path(__file__).parent.parent / "client" / "self_signed.pem"
TOKEN = SecretStr("a-long-random-string")


async def knock(running, path="/v1/realtime", **headers):
    """Send a handshake as it stands; returns its status line's number and the answer's code."""
    head = {
        "Host": f"127.0.0.1:{running.address[1]}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "MDAwMDAwMDAwMDAwMDAwMA==",
        "Sec-WebSocket-Version": "13",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value is not None]
    reader, writer = await asyncio.open_connection(*running.address)
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
    async with asyncio.timeout(WAIT_S):
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(answer.split()[1])
        body = b"" if status == 101 else await reader.read(-1)
    writer.transport.abort()
    return status, json.loads(body)["error"]["code"] if status >= 400 else ""


@pytest.mark.parametrize(
    ("host", "origin", "is_let_in"),
    [
        ("127.0.0.1:PORT", None, True),
        ("localhost:PORT", None, True),
        ("[::1]:PORT", None, True),
        ("LOCALHOST:PORT", None, True),
        ("evil.example:PORT", None, False),
        ("127.0.0.1.evil.example:PORT", None, False),
        ("localhost.evil.example", None, False),
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT", True),
        ("localhost:PORT", "http://localhost:PORT", True),
        ("127.0.0.1:PORT", "http://127.0.0.1:1", False),
        ("127.0.0.1:PORT", "https://evil.example", False),
        ("evil.example:PORT", "http://evil.example:PORT", False),
        ("127.0.0.1:PORT", "null", False),
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example", False),
        ("127.0.0.1:PORT", "file://", False),
        ("127.0.0.1:PORT", "http://kiosk.example:3000", True),
        ("kiosk.lan:PORT", None, True),
    ],
)
async def test_only_this_machine_under_its_own_name_is_let_in_without_a_token(
    host, origin, is_let_in
):
    config = {
        "allowed_origins": ("http://kiosk.example:3000",),
        "allowed_hosts": ("kiosk.lan",),
    }
    async with server(**config) as running:
        port = str(running.address[1])
        headers = {"Host": host.replace("PORT", port)}
        if origin is not None:
            headers["Origin"] = origin.replace("PORT", port)
        status, code = await knock(running, **headers)
    assert (status == 101) is is_let_in
    assert is_let_in or (status, code.split("_")[0]) == (403, "forbidden")


async def test_with_a_token_the_machine_may_have_any_name():
    async with server(token=TOKEN) as running:
        headers = {"Host": "kiosk.lan:8765", "api_key": TOKEN.get_secret_value()}
        assert (await knock(running, **headers))[0] == 101
        headers["Origin"] = "http://elsewhere.lan"
        assert await knock(running, **headers) == (403, "forbidden_origin")


async def test_a_hundred_wrong_keys_are_slowed_and_the_right_one_still_comes_in():
    async with server(token=TOKEN) as running:
        answers = [(await knock(running, api_key=f"wrong-{n}")) for n in range(100)]
        assert answers[:5] == [(401, "invalid_api_key")] * 5
        assert answers[5:] == [(429, "too_many_failures")] * 95
        headers = {"Authorization": f"Bearer {TOKEN.get_secret_value()}"}
        async with connect(running, additional_headers=headers) as client:
            assert (await client.read())["type"] == "session.created"
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(running.url)
        assert 0 < int(refused.value.response.headers["Retry-After"]) <= 60


async def test_wrong_keys_for_a_page_count_like_those_for_the_socket():
    async with server(token=TOKEN) as running:
        plain = {"Upgrade": None, "Connection": "close", "api_key": "wrong"}
        statuses = [(await knock(running, "/v1/models", **plain))[0] for _ in range(7)]
        assert statuses == [401] * 5 + [429] * 2
        assert (await knock(running, api_key="wrong"))[0] == 429
        right = plain | {"api_key": TOKEN.get_secret_value()}
        assert (await knock(running, "/v1/models", **right))[0] == 200


@pytest.mark.parametrize(
    ("path", "is_beta"),
    [
        ("/v1/realtime?model=m", False),
        ("/openai/v1/realtime?model=m", False),
        ("/realtime?model=m", False),
        ("/openai/realtime?api-version=2025-04-01-preview&deployment=m", True),
        ("/voice-live/realtime?api-version=2026-07-15&model=m", True),
    ],
)
async def test_every_documented_path_opens_a_session_in_its_dialect(path, is_beta):
    async with server() as running:
        url = running.url.replace("/v1/realtime", path)
        async with connect(running, url=url, additional_headers={"api-key": "any"}) as client:
            session = (await client.read())["session"]
    assert session["model"] == "m"
    assert ("modalities" in session) is is_beta


async def test_a_socket_on_another_path_is_told_so():
    async with server() as running:
        assert await knock(running, "/v2/realtime") == (404, "unknown_url")


async def test_tls_clients_come_in_by_every_door():
    trust = ssl.create_default_context(cafile=CERTIFICATE)
    async with server(token=TOKEN, tls_cert=CERTIFICATE, tls_key=CERTIFICATE) as running:
        protocols = ["realtime", f"openai-insecure-api-key.{TOKEN.get_secret_value()}"]
        async with connect(running, ssl=trust, subprotocols=protocols) as client:
            assert (await client.read())["type"] == "session.created"
            assert client.socket.subprotocol == "realtime"
