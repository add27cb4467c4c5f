"""Updates reach every reader; a slow one loses what later updates make up for."""

import asyncio

import pytest

from voice.client.update_streams import MAX_WAITING, UpdateStreams, is_essential
from voice.core.updates import (
    AssistantTranscript,
    Phase,
    PhaseChanged,
    Update,
    UserSpeechStarted,
    UserTranscript,
    WarningIssued,
)


async def rest_of(stream: object) -> list[Update]:
    return [update async for update in stream]  # type: ignore[attr-defined]


async def test_every_reader_gets_everything_in_order() -> None:
    streams = UpdateStreams()
    first, second = streams.open(), streams.open()
    for phase in (Phase.LISTENING, Phase.THINKING):
        streams.publish(PhaseChanged(phase))
    streams.end()
    wanted = [PhaseChanged(Phase.LISTENING), PhaseChanged(Phase.THINKING)]
    assert await rest_of(first) == wanted
    assert await rest_of(second) == wanted


async def test_the_first_reader_also_gets_what_came_before_it() -> None:
    streams = UpdateStreams()
    streams.publish(UserSpeechStarted())
    first, second = streams.open(), streams.open()
    streams.end()
    assert await rest_of(first) == [UserSpeechStarted()]
    assert await rest_of(second) == []


async def test_a_waiting_reader_is_woken() -> None:
    streams = UpdateStreams()
    reading = asyncio.create_task(rest_of(streams.open()))
    await asyncio.wait({reading}, timeout=0)
    streams.publish(UserSpeechStarted())
    streams.end()
    assert await asyncio.wait_for(reading, 5) == [UserSpeechStarted()]


async def test_a_reader_that_comes_after_the_end_ends_at_once() -> None:
    streams = UpdateStreams()
    streams.open()
    streams.end()
    assert await rest_of(streams.open()) == []


async def test_what_broke_the_session_is_raised_after_everything_before() -> None:
    streams = UpdateStreams()
    reader = streams.open()
    streams.publish(UserSpeechStarted())
    streams.end(ZeroDivisionError())
    streams.end()
    assert await anext(reader) == UserSpeechStarted()
    with pytest.raises(ZeroDivisionError):
        await anext(reader)
    with pytest.raises(ZeroDivisionError):
        await anext(streams.open())


async def test_nothing_comes_after_the_end() -> None:
    streams = UpdateStreams()
    reader = streams.open()
    streams.end()
    streams.publish(UserSpeechStarted())
    assert await rest_of(reader) == []


async def test_a_slow_reader_loses_the_oldest_parts_of_transcripts() -> None:
    streams = UpdateStreams()
    reader = streams.open()
    streams.publish(WarningIssued("first", ""))
    for number in range(MAX_WAITING + 5):
        streams.publish(AssistantTranscript("r", "i", str(number), is_final=False))
    streams.end()
    updates = await rest_of(reader)
    assert len(updates) == MAX_WAITING
    assert updates[0] == WarningIssued("first", "")
    assert updates[1] == AssistantTranscript("r", "i", "6", is_final=False)
    assert streams.dropped == 6


async def test_a_reader_that_only_has_essentials_left_loses_the_oldest() -> None:
    streams = UpdateStreams()
    reader = streams.open()
    for number in range(MAX_WAITING + 1):
        streams.publish(WarningIssued(str(number), ""))
    streams.end()
    assert (await rest_of(reader))[0] == WarningIssued("1", "")


async def test_a_reader_that_nobody_holds_costs_nothing() -> None:
    streams = UpdateStreams()
    reader = streams.open()
    streams.open()
    for number in range(MAX_WAITING):
        streams.publish(WarningIssued(str(number), ""))
    assert streams.dropped == 0
    del reader


def test_final_transcripts_are_essential_and_parts_are_not() -> None:
    assert is_essential(UserTranscript("i", "x", is_final=True))
    assert not is_essential(UserTranscript("i", "x", is_final=False))
    assert not is_essential(PhaseChanged(Phase.THINKING))
