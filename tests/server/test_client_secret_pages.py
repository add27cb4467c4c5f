"""Ephemeral keys over HTTP, and the sockets that they open."""

import logging

import openai
import pytest
import websockets
from openai.types.beta.realtime import SessionCreateResponse, TranscriptionSession
from openai.types.realtime import ClientSecretCreateResponse
from pydantic import SecretStr

from tests.server.page_kit import error_of, origin, pages
from tests.server.serving_kit import connect, server

TOKEN = "a-long-random-string"
PAGE = "/v1/realtime/client_secrets"


async def issue(running, body=None, page=PAGE):
    async with pages(running, token=TOKEN) as client:
        answer = await client.post(page, json=body or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(key):
    return {"additional_headers": {"Authorization": f"Bearer {key}"}}


async def created(running, **options):
    async with connect(running, **options) as client:
        return (await client.until("session.created"))["session"]


async def refused(running, **options):
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with connect(running, **options):
            pass
    return refusal.value.response.status_code


async def test_a_key_opens_a_socket_with_its_session():
    fields = {
        "type": "realtime",
        "model": "my-model",
        "instructions": "Speak like a pirate.",
        "output_modalities": ["text"],
        "audio": {"input": {"turn_detection": None}},
    }
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running, {"session": fields})
        session = await created(running, **bearer(answer["value"]))

    for shown in (answer["session"], session):
        assert shown["instructions"] == "Speak like a pirate."
        assert shown["output_modalities"] == ["text"]
        assert shown["audio"]["input"]["turn_detection"] is None
        assert shown["model"] == "my-model"


@pytest.mark.parametrize(
    "door",
    [
        lambda key: {"additional_headers": {"api-key": key}},
        lambda key: {"subprotocols": ["realtime", f"openai-insecure-api-key.{key}"]},
    ],
)
async def test_a_key_opens_by_every_door(door):
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running, {"session": {"type": "realtime", "instructions": "Hi."}})
        session = await created(running, **door(answer["value"]))

    assert session["instructions"] == "Hi."


async def test_a_transcription_key_opens_a_session_that_only_listens():
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running, {"session": {"type": "transcription"}})
        session = await created(running, **bearer(answer["value"]))

    assert answer["session"]["type"] == session["type"] == "transcription"
    assert "output" not in session["audio"]
    assert answer["session"]["audio"] == session["audio"]


async def test_a_key_may_open_several_sockets_and_a_session_outlives_it():
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running)
        async with connect(running, **bearer(answer["value"])) as client:
            await client.until("session.created")
            await created(running, **bearer(answer["value"]))
            expire_all(running)
            assert await refused(running, **bearer(answer["value"])) == 401
            assert (await client.update(instructions="Still here."))["type"] == "session.updated"


def expire_all(running):
    secrets = running.state.client_secrets
    later_s = secrets._clock() + 10_000
    secrets._clock = lambda: later_s


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_an_unknown_key_is_refused_like_a_wrong_token(token):
    config = {} if token is None else {"token": SecretStr(token)}
    async with server(**config) as running:
        assert await refused(running, **bearer("ek_" + "0" * 48)) == 401


async def test_a_key_opens_no_page():
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running)
        async with pages(running, token=answer["value"]) as client:
            error_of(await client.post(PAGE, json={}), 401)
            error_of(await client.get("/v1/models"), 401)


async def test_a_key_does_not_open_for_a_page_of_another_site():
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running)
        options = bearer(answer["value"]) | {"origin": "https://evil.example"}
        assert await refused(running, **options) == 403


async def test_a_key_is_never_logged(caplog):
    caplog.set_level(logging.DEBUG, "voice")
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running)
        await created(running, **bearer(answer["value"]))
        expire_all(running)
        await refused(running, **bearer(answer["value"]))

    voice = [r.getMessage() for r in caplog.records if r.name.startswith(("voice", "uvicorn"))]
    assert not [line for line in voice if answer["value"] in line or TOKEN in line]


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        (None, 600),
        ({"anchor": "created_at"}, 600),
        ({"anchor": "created_at", "seconds": 10}, 10),
        ({"seconds": 7_200}, 7_200),
    ],
)
async def test_a_key_expires_when_it_was_asked_to(wish, seconds, monkeypatch):
    monkeypatch.setattr("voice.server.client_secret_pages.time.time", lambda: 1_000.7)
    async with server() as running, pages(running) as client:
        answer = (await client.post(PAGE, json={"expires_after": wish})).json()

    assert answer["expires_at"] == 1_000 + seconds


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 7_201}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": True}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"expires_after": 5}, "expires_after"),
        ({"session": "x"}, "session"),
        ({"session": {"model": 5}}, "session.model"),
        ({"session": {"type": "realtime", "nonsense": 1}}, "session.nonsense"),
        ({"session": {"type": "dance"}}, "session.type"),
        ({"session": {"output_modalities": ["smell"]}}, "session.output_modalities"),
        (
            {"session": {"audio": {"output": {"speed": 9}}}},
            "session.audio.output.speed",
        ),
    ],
)
async def test_a_bad_request_names_its_field(body, param):
    async with server() as running, pages(running) as client:
        error = error_of(await client.post(PAGE, json=body), 400)

    assert str(error["param"]).startswith(param)
    assert error["type"] == "invalid_request_error"


async def test_too_many_keys_are_429_with_a_time_to_come_back(monkeypatch):
    monkeypatch.setattr("voice.server.client_secrets.EPHEMERAL_KEYS", 1)
    async with server() as running, pages(running) as client:
        assert (await client.post(PAGE, json={})).status_code == 200
        answer = await client.post(PAGE, json={"expires_after": {"seconds": 10}})

    assert error_of(answer, 429)["code"] == "rate_limit_exceeded"
    assert 0 < int(answer.headers["retry-after"]) <= 601


async def test_beta_pages_answer_flat_with_the_key_inside():
    body = {"modalities": ["text"], "instructions": "Hi.", "voice": "tone"}
    async with server(token=SecretStr(TOKEN)) as running:
        answer = await issue(running, body, "/v1/realtime/sessions")
        session = await created(running, **bearer(answer["client_secret"]["value"]))
        heard = await issue(running, page="/v1/realtime/transcription_sessions")
        listening = await created(running, **bearer(heard["client_secret"]["value"]))

    SessionCreateResponse.model_validate(answer, strict=True)
    TranscriptionSession.model_validate(
        heard | {"input_audio_transcription": None, "modalities": None}, strict=True
    )
    assert answer["instructions"] == session["instructions"] == "Hi."
    assert answer["modalities"] == ["text"]
    assert listening["type"] == "transcription"


async def test_the_official_client_gets_a_key_and_opens_a_session_with_it():
    async with server(token=SecretStr(TOKEN)) as running:
        base_url = f"{origin(running)}/v1"
        async with openai.AsyncOpenAI(base_url=base_url, api_key=TOKEN, max_retries=0) as client:
            secret = await client.realtime.client_secrets.create(
                session={"type": "realtime", "instructions": "Hi."},
                expires_after={"anchor": "created_at", "seconds": 60},
            )
        ClientSecretCreateResponse.model_validate(secret.model_dump(), strict=True)
        async with openai.AsyncOpenAI(base_url=base_url, api_key=secret.value) as page:
            async with page.realtime.connect(model="any") as socket:
                event = await socket.recv()

    assert event.type == "session.created"
    assert event.session.instructions == "Hi."
