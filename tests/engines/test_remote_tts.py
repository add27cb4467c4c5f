import asyncio
import json
import struct
from contextlib import aclosing

import numpy as np
import pytest

from tests.engines.speech_server import CUT, HOLD, SpeechServer
from voice.engines.remote_tts import RATE_HZ, RemoteTts
from voice.engines.scripted import tone
from voice.errors import EngineError

KEY = "sk-canary-0123456789"
SECOND = tone(1_000, rate_hz=RATE_HZ).astype("<i2").tobytes()
TEXT = "The quick brown fox jumps."


@pytest.fixture
async def server():
    async with SpeechServer() as running:
        yield running


async def mouth(server, **options):
    options = {"model": "tts-1", "voices": ("alloy", "nova"), "max_retries": 0, **options}
    return await RemoteTts.load(base_url=server.base_url, api_key=KEY, **options)


async def spoken(tts, text=TEXT, **options):
    chunks = [chunk async for chunk in tts.speak(text, **options)]
    pcm = np.concatenate([chunk.pcm for chunk in chunks]) if chunks else np.zeros(0, np.int16)
    return pcm, [word for chunk in chunks for word in chunk.words]


def wav(samples, rate_hz=RATE_HZ, channels=1):
    shape = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(shape)) + shape + b"data\xff\xff\xff\xff"
    return b"RIFF\xff\xff\xff\xff" + head + samples


async def test_a_text_becomes_sound_with_every_word_once_and_in_order(server):
    server.sound(SECOND[:1_001], SECOND[1_001:])
    tts = await mouth(server, instructions="Whisper.")
    pcm, words = await spoken(tts, voice="nova", speed=1.5)
    await tts.aclose()
    assert pcm.astype("<i2").tobytes() == SECOND
    assert [word.text for word in words] == TEXT.split()
    ends = [word.end_ms for word in words]
    assert ends == sorted(ends) and ends[-1] == 1_000
    asked = json.loads(server.bodies[0])
    assert asked == {
        "input": TEXT,
        "model": "tts-1",
        "voice": "nova",
        "response_format": "pcm",
        "speed": 1.5,
        "instructions": "Whisper.",
    }


async def test_sound_is_heard_while_the_rest_is_being_made(server):
    server.sound(SECOND, HOLD, SECOND)
    tts = await mouth(server)
    async with aclosing(tts.speak(TEXT)) as chunks:
        first = await anext(chunks)
        assert first.pcm.size
        server.release.set()
        rest = [chunk async for chunk in chunks]
    await tts.aclose()
    assert first.pcm.size + sum(chunk.pcm.size for chunk in rest) == 2 * RATE_HZ


async def test_closing_the_iterator_closes_the_stream(server):
    server.sound(SECOND, HOLD)
    tts = await mouth(server)
    async with aclosing(tts.speak(TEXT)) as chunks:
        await anext(chunks)
    await asyncio.wait_for(server.client_left.wait(), 5)
    await tts.aclose()


async def test_cancelling_the_task_closes_the_stream(server):
    server.sound(SECOND, HOLD)
    tts = await mouth(server)
    speaking = asyncio.create_task(spoken(tts))
    async with asyncio.timeout(5):
        while not server.bodies:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
    speaking.cancel()
    await asyncio.wait({speaking})
    await asyncio.wait_for(server.client_left.wait(), 5)
    await tts.aclose()
    assert speaking.cancelled()


async def test_an_unknown_voice_is_the_default_one(server):
    server.sound(SECOND)
    tts = await mouth(server)
    await spoken(tts, voice="heart")
    await tts.aclose()
    assert json.loads(server.bodies[0])["voice"] == "alloy"


async def test_a_text_without_words_asks_nobody(server):
    tts = await mouth(server)
    assert (await spoken(tts, text=" …! "))[0].size == 0
    await tts.aclose()
    assert server.paths == []


async def test_a_wav_header_is_no_sound(server):
    whole = wav(SECOND)
    server.sound(whole[:20], whole[20:], kind="audio/wav")
    tts = await mouth(server, response_format="wav")
    pcm, _ = await spoken(tts)
    await tts.aclose()
    assert pcm.size == RATE_HZ


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (wav(SECOND, rate_hz=16_000), "audio/wav", "at 16000 Hz"),
        (b"ID3\x04" + bytes(100), "audio/mpeg", "compressed"),
        (b"\xff\xfb\x90\x64" + bytes(100), "audio/mpeg", "compressed"),
        (b'{"error": "no"}', "application/json", "application/json instead"),
        (b"", "audio/pcm", "no sound"),
    ],
)
async def test_what_is_no_speech_is_told_and_never_played(server, body, kind, told):
    server.sound(body, kind=kind) if body else server.sound(kind=kind)
    tts = await mouth(server)
    with pytest.raises(EngineError, match=told):
        await spoken(tts)
    await tts.aclose()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(401, "", "VOICE_TTS__API_KEY"), (429, "", "wait a moment"), (500, "", "failed")],
)
async def test_a_refusal_is_told_with_its_mend(server, status, code, told):
    server.refuse(status, code)
    tts = await mouth(server)
    with pytest.raises(EngineError, match=told) as caught:
        await spoken(tts)
    await tts.aclose()
    assert KEY not in repr(caught.value) and "the-body" not in str(caught.value)


async def test_a_stream_that_is_cut_is_an_error_after_what_came(server):
    server.sound(SECOND, CUT)
    tts = await mouth(server)
    heard = []
    with pytest.raises(EngineError, match="speech synthesis at"):
        async for chunk in tts.speak(TEXT):
            heard.append(chunk.pcm.size)
    await tts.aclose()
    assert sum(heard) > 0


async def test_a_stream_that_stalls_is_given_up(server):
    server.sound(SECOND, HOLD)
    tts = await mouth(server, timeout_s=0.3)
    with pytest.raises(EngineError, match="did not answer in time"):
        await spoken(tts)
    await tts.aclose()
