"""Health, models, and what is no page."""

import httpx2 as httpx
import pytest

from tests.server.page_kit import error_of, origin, pages
from tests.server.serving_kit import connect, engines, server
from voice.server.app import create_app
from voice.server.state import ServerConfig, ServerState


async def test_health_tells_that_the_server_is_ready_and_nothing_secret():
    async with server(token="s3cret-token") as running, pages(running) as client:
        answer = await client.get("/healthz")

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "sessions", "version"}
    assert (body["status"], body["sessions"]) == ("ready", 0)
    assert "s3cret" not in answer.text


async def test_health_counts_open_sessions():
    async with server() as running, pages(running) as client, connect(running) as socket:
        await socket.until("session.created")
        assert (await client.get("/healthz")).json()["sessions"] == 1


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ServerState(ServerConfig()), "loading"),
        (ServerState(ServerConfig(), engines(), is_draining=True), "going_away"),
    ],
)
async def test_health_is_503_while_no_session_can_be_opened(state, status):
    transport = httpx.ASGITransport(create_app(state))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["status"] == status


async def test_models_lists_the_brain_that_answers():
    async with server() as running, pages(running) as client:
        models = (await client.get("/v1/models")).json()
        name = models["data"][0]["id"]
        one = (await client.get(f"/v1/models/{name}")).json()

    assert models["object"] == "list"
    assert name == engines().brain.name
    assert one == models["data"][0]
    assert one["object"] == "model"


async def test_models_lists_what_hears_and_speaks_too_each_once():
    bundle = engines()
    bundle.stt.name, bundle.tts.name = "whisper-1", "gpt-4o-mini-tts"
    async with server(bundle) as running, pages(running) as client:
        models = (await client.get("/v1/models")).json()["data"]
        one = await client.get("/v1/models/whisper-1")
    assert [model["id"] for model in models] == ["scripted", "whisper-1", "gpt-4o-mini-tts"]
    assert all(set(model) == {"id", "object", "created", "owned_by"} for model in models)
    assert one.json() == models[1]

    async with server() as running, pages(running) as client:
        models = (await client.get("/v1/models")).json()["data"]
    assert [model["id"] for model in models] == ["scripted"]


async def test_an_unknown_model_is_an_error_of_the_api():
    async with server() as running, pages(running) as client:
        error = error_of(await client.get("/v1/models/org/gpt-9"), 404)

    assert error["code"] == "model_not_found"
    assert "org/gpt-9" in error["message"]


async def test_an_unknown_page_is_an_error_of_the_api():
    async with server() as running, pages(running) as client:
        error = error_of(await client.get("/v1/nothing"), 404)

    assert error["code"] == "unknown_url"
    assert "GET /v1/nothing" in error["message"]


async def test_a_wrong_method_names_the_right_one():
    async with server() as running, pages(running) as client:
        answer = await client.get("/v1/audio/speech")

    assert "POST" in error_of(answer, 405)["message"]
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1/realtime", "/openai/v1/realtime", "/openai/realtime"])
async def test_the_socket_fetched_as_a_page_says_what_it_is(path):
    async with server() as running, pages(running) as client:
        answer = await client.get(path)
        address = origin(running).replace("http://", "ws://")

    assert f"{address}{path}" in error_of(answer, 426)["message"]
    assert answer.headers["upgrade"] == "websocket"


async def test_a_fault_of_ours_is_an_error_of_the_api_without_detail():
    class Broken(ServerState):
        @property
        def engines(self):
            raise ValueError("secret detail")

        @engines.setter
        def engines(self, _):
            pass

    transport = httpx.ASGITransport(create_app(Broken(ServerConfig())), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/v1/models")

    assert error_of(answer, 500)["code"] == "internal_error"
    assert "secret detail" not in answer.text
