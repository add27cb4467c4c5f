"""Listening, loading, and who may come in."""

import asyncio
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import websockets
from pydantic import SecretStr

from tests.server.serving_kit import connect, engines, server
from voice.errors import EngineError, SettingsError
from voice.server.serve import check_config, serving
from voice.server.state import ServerConfig

CERTIFICATE = Path(__file__).parent.parent / "client" / "self_signed.pem"


async def get(url):
    def fetch():
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    return await asyncio.to_thread(fetch)


def http(running, path):
    return running.url.replace("ws://", "http://").replace("/v1/realtime", path)


async def refused(running, **options):
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with websockets.connect(running.url, **options):
            pass
    response = caught.value.response
    return response.status_code, json.loads(response.body)["error"]["code"]


async def test_health_says_ready_and_models_names_the_brain():
    async with server() as running:
        status, health = await get(http(running, "/healthz"))
        assert (status, health["status"], health["sessions"]) == (200, "ready", 0)
        _, models = await get(http(running, "/v1/models"))
    assert models["data"][0]["id"] == "scripted"


async def test_a_server_that_is_still_loading_says_so():
    is_asked, may_go_on = asyncio.Event(), asyncio.Event()

    async def load():
        is_asked.set()
        await may_go_on.wait()
        return engines()

    listening = serving(ServerConfig(port=0), load)
    entering = asyncio.create_task(listening.__aenter__())
    await is_asked.wait()
    may_go_on.set()
    running = await entering
    running.state.engines, loaded = None, running.state.engines
    status, health = await get(http(running, "/healthz"))
    assert (status, health["status"]) == (503, "loading")
    assert await refused(running) == (503, "loading")
    running.state.engines = loaded
    await listening.__aexit__(None, None, None)


async def test_an_engine_that_cannot_load_ends_the_start():
    async def load():
        raise EngineError("no voice: install hibari-tts")

    with pytest.raises(EngineError, match="hibari"):
        async with serving(ServerConfig(port=0), load):
            pass


async def test_the_token_is_wanted_in_any_of_the_ways_clients_send_it():
    async with server(token=SecretStr("s3cret")) as running:
        assert await refused(running) == (401, "invalid_api_key")
        wrong = {"Authorization": "Bearer wrong"}
        assert await refused(running, additional_headers=wrong) == (401, "invalid_api_key")
        for options in (
            {"additional_headers": {"Authorization": "Bearer s3cret"}},
            {"additional_headers": {"api-key": "s3cret"}},
            {"subprotocols": ["realtime", "openai-insecure-api-key.s3cret"]},
        ):
            async with connect(running, **options) as client:
                assert (await client.read())["type"] == "session.created"


async def test_pages_of_other_sites_are_refused():
    async with server(allowed_origins=("http://kiosk.local:3000",)) as running:
        for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
            assert await refused(running, origin=origin) == (403, "forbidden_origin")
        own = running.url.replace("ws://", "http://").removesuffix("/v1/realtime")
        for origin in (own, "http://kiosk.local:3000"):
            async with connect(running, origin=origin) as client:
                assert (await client.read())["type"] == "session.created"


async def test_a_full_server_says_when_to_come_back():
    async with server(max_sessions=1) as running, connect(running) as client:
        await client.read()
        assert await refused(running) == (503, "busy")


@pytest.mark.parametrize("path", ["/openai/v1/realtime", "/realtime"])
async def test_the_other_paths_that_clients_dial_work(path):
    async with server() as running:
        url = running.url.replace("/v1/realtime", path)
        async with connect(running, url=url) as client:
            assert (await client.read())["session"]["type"] == "realtime"


async def test_the_old_azure_path_speaks_beta():
    async with server() as running:
        path = "/openai/realtime?api-version=2025-04-01-preview&deployment=mine"
        async with connect(running, url=running.url.replace("/v1/realtime", path)) as client:
            session = (await client.read())["session"]
    assert session["model"] == "mine"
    assert "modalities" in session


async def test_closing_the_server_tells_its_clients():
    async with server() as running:
        socket = await websockets.connect(running.url)
        await socket.recv()
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd.code == 1001
    await socket.close()


def test_an_open_address_without_a_token_is_refused():
    with pytest.raises(SettingsError, match="VOICE_SERVER__TOKEN"):
        check_config(ServerConfig(host="0.0.0.0"))
    check_config(ServerConfig(host="0.0.0.0", token=SecretStr("x")))
    check_config(ServerConfig(host="::1"))


async def test_a_server_with_a_certificate_speaks_tls():
    trust = ssl.create_default_context(cafile=CERTIFICATE)
    async with server(tls_cert=CERTIFICATE, tls_key=CERTIFICATE) as running:
        assert running.url.startswith("wss://127.0.0.1")
        async with connect(running, ssl=trust) as client:
            assert (await client.read())["type"] == "session.created"


def test_a_certificate_that_is_none_is_named(tmp_path):
    nonsense = tmp_path / "cert.pem"
    nonsense.write_text("not a certificate")
    with pytest.raises(SettingsError, match="tls_cert"):
        check_config(ServerConfig(tls_cert=nonsense, tls_key=nonsense))


async def test_a_port_in_use_is_named():
    async with server() as running:
        port = int(running.url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(SettingsError, match=str(port)):
            async with serving(ServerConfig(port=port), None):
                pass


async def test_text_that_is_no_utf8_is_refused_without_a_stack_in_the_log(caplog):
    async with server() as running, connect(running) as client:
        await client.until("session.created")

        await client.socket.send(b"\xff\xfe", text=True)

        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await client.until("nothing")
        assert closed.value.rcvd.code == 1007
    assert [record.exc_info for record in caplog.records if "UTF-8" in record.msg] == [None]
