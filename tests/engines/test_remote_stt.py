import asyncio

import numpy as np
import pytest

from tests.engines.speech_server import HOLD, SpeechServer
from voice.engines.remote_stt import RemoteStt
from voice.engines.scripted import tone
from voice.errors import EngineError

KEY = "sk-canary-0123456789"
TURN = tone(600)


@pytest.fixture
async def server():
    async with SpeechServer() as running:
        yield running


async def ears(server, **options):
    options = {"model": "whisper-1", "api_key": KEY, "max_retries": 0, **options}
    return await RemoteStt.load(base_url=server.base_url, **options)


async def test_a_turn_becomes_text(server):
    server.json({"text": " What time  is it? "})
    stt = await ears(server)
    heard = await stt.transcribe(TURN, language="en-GB")
    await stt.aclose()
    assert heard.text == "What time is it?"
    assert server.paths == ["/v1/audio/transcriptions"]
    assert f"authorization: bearer {KEY}" in server.heads[0].lower()
    body = server.bodies[0]
    assert b'name="model"\r\n\r\nwhisper-1' in body
    assert b'name="language"\r\n\r\nen\r\n' in body
    assert TURN.astype("<i2").tobytes() in body


async def test_a_turn_is_translated_where_that_is_wanted(server):
    server.json({"text": "Hello."})
    stt = await ears(server, translates=True, language="de")
    heard = await stt.transcribe(TURN)
    await stt.aclose()
    assert (heard.text, server.paths) == ("Hello.", ["/v1/audio/translations"])
    assert b'name="language"' not in server.bodies[0]


async def test_too_little_sound_is_not_sent(server):
    stt = await ears(server)
    heard = await stt.transcribe(np.zeros(100, np.int16))
    await stt.aclose()
    assert heard.text == ""
    assert server.paths == []


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "invalid_api_key", "VOICE_STT__API_KEY"),
        (402, "", "top up"),
        (403, "", "does not allow this key"),
        (404, "model_not_found", "stt.model"),
        (429, "rate_limit_exceeded", "wait a moment"),
        (429, "insufficient_quota", "quota is used up"),
        (500, "", "failed"),
        (503, "overloaded", "overloaded"),
    ],
)
async def test_a_refusal_is_told_with_its_mend_and_without_key_or_body(server, status, code, told):
    server.refuse(status, code)
    stt = await ears(server)
    with pytest.raises(EngineError, match=told) as caught:
        await stt.transcribe(TURN)
    await stt.aclose()
    assert str(status) in str(caught.value)
    assert KEY not in repr(caught.value) and "the-body" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_busy_endpoint_is_tried_once_more(server):
    server.refuse(429, "rate_limit_exceeded", retry_after="0")
    server.json({"text": "Hello."})
    stt = await ears(server, max_retries=1)
    heard = await stt.transcribe(TURN)
    await stt.aclose()
    assert (heard.text, len(server.paths)) == ("Hello.", 2)


async def test_an_answer_that_never_comes_is_given_up(server):
    server.sound(b"{", HOLD)
    stt = await ears(server, timeout_s=0.2)
    with pytest.raises(EngineError, match="did not answer in time"):
        await stt.transcribe(TURN)
    await asyncio.wait_for(server.client_left.wait(), 5)
    await stt.aclose()


async def test_cancelling_closes_the_request(server):
    server.sound(b"{", HOLD)
    stt = await ears(server)
    call = asyncio.create_task(stt.transcribe(TURN))
    async with asyncio.timeout(5):
        while not server.bodies:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait({call})
    await asyncio.wait_for(server.client_left.wait(), 5)
    await stt.aclose()
    assert call.cancelled()


async def test_a_web_page_is_no_transcript(server):
    server.sound(b"<html>Welcome</html>", kind="text/html")
    stt = await ears(server)
    with pytest.raises(EngineError, match=r"something else.*stt\.base_url"):
        await stt.transcribe(TURN)
    await stt.aclose()


async def test_nobody_at_the_address_is_told():
    stt = await RemoteStt.load(base_url="http://127.0.0.1:9/v1", model="m", max_retries=0)
    with pytest.raises(EngineError, match="cannot be reached"):
        await stt.transcribe(TURN)
    await stt.aclose()


async def test_a_partial_reading_is_never_paid_for(server):
    stt = await ears(server)
    await stt.aclose()
    assert not stt.is_idle
