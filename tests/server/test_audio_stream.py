"""An answer that is made while it is sent."""

import asyncio
import logging

import pytest

from tests.server.serving_kit import until
from voice.errors import EngineError
from voice.server import audio_stream
from voice.server.audio_stream import AudioStream

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "POST", "headers": []}


class Wire:
    """The server's end of one request; ``leave`` is the client's going."""

    def __init__(self):
        self.sent = []
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def is_complete(self):
        return bool(self.sent) and self.sent[-1].get("more_body") is False

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)


class Source:
    """Makes ``parts``, then fails or waits for ever where asked to; tells when it is closed."""

    def __init__(self, *parts, error=None, hangs=False):
        self.is_closed = False
        self.stream = self._run(parts, error, hangs)

    async def _run(self, parts, error, hangs):
        try:
            for part in parts:
                yield part
            if error is not None:
                raise error
            if hangs:
                await asyncio.Event().wait()
        finally:
            self.is_closed = True


async def test_the_first_part_and_the_rest_are_sent_in_order():
    wire, source = Wire(), Source(b"b", b"c")
    await AudioStream(b"a", source.stream, media_type="audio/wav")(SCOPE, wire.receive, wire.send)

    assert wire.body == b"abc"
    assert wire.is_complete
    assert source.is_closed


async def test_a_failure_on_the_way_cuts_the_answer_off(caplog):
    caplog.set_level(logging.WARNING)
    wire, source = Wire(), Source(b"b", error=EngineError("the voice broke"))
    await AudioStream(b"a", source.stream, media_type="audio/wav")(SCOPE, wire.receive, wire.send)

    assert wire.body == b"ab"
    assert not wire.is_complete
    assert source.is_closed
    assert "the voice broke" in caplog.text


async def test_a_reader_that_leaves_ends_the_making():
    wire, source = Wire(), Source(b"b", hangs=True)
    answer = AudioStream(b"a", source.stream, media_type="audio/wav")
    task = asyncio.create_task(answer(SCOPE, wire.receive, wire.send))
    await until(lambda: wire.body == b"ab")
    wire.left.set()
    async with asyncio.timeout(5):
        await task

    assert source.is_closed
    assert not wire.is_complete


async def test_a_reader_that_was_gone_before_the_start_ends_the_making():
    wire, source = Wire(), Source(b"a", b"b")
    first = await anext(source.stream)
    wire.left.set()
    await AudioStream(first, source.stream, media_type="audio/wav")(SCOPE, wire.receive, wire.send)

    assert source.is_closed


@pytest.mark.parametrize("stalls_at", [b"a", b"b"])
async def test_a_reader_that_takes_nothing_is_given_up(monkeypatch, stalls_at):
    monkeypatch.setattr(audio_stream, "SEND_LIMIT_S", 0.05)
    wire, source = Wire(), Source(b"a", b"b", b"c")
    first = await anext(source.stream)

    async def stalled(message):
        if message.get("body") == stalls_at:
            await asyncio.Event().wait()
        wire.sent.append(message)

    answer = AudioStream(first, source.stream, media_type="audio/wav")
    async with asyncio.timeout(5):
        await answer(SCOPE, wire.receive, stalled)

    assert source.is_closed
    assert not wire.is_complete
