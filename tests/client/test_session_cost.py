"""What a session costs, over real sockets: told after each response, and stopped at a cap."""

import asyncio
import logging
from datetime import date

import pytest

from tests.client.session_kit import Clock, Reader
from tests.client.test_session_recovery import confirm
from voice.client.bookkeeper import Budget
from voice.client.day_book import DayBook
from voice.client.place import Place
from voice.client.session import Session
from voice.core.cost import Caps, CostUpdated, Prices
from voice.core.updates import (
    Ended,
    EndKind,
    EndpointChanged,
    Phase,
    ResponseFinished,
    Update,
    WarningIssued,
)
from voice.errors import CapReached
from voice.protocol.endpoints import resolve
from voice.testing import events
from voice.testing.clock import MovedClock
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import RecordingSpeaker

PRICES = Prices(audio_out=1_000.0)
USAGE = {
    "total_tokens": 600,
    "input_tokens": 100,
    "output_tokens": 500,
    "output_token_details": {"text_tokens": 0, "audio_tokens": 500},
}
PRICE = 0.5


async def answer(peer: Peer, number: int, ms: int = 100) -> None:
    await peer.expect("response.create")
    await peer.send(
        events.response_created(f"r{number}"),
        events.words(f"r{number}", f"a{number}", f"Answer {number}."),
        events.audio_delta(f"r{number}", f"a{number}", ms),
        events.audio_done(f"r{number}", f"a{number}"),
        events.response_done(f"r{number}", usage=USAGE),
    )


async def one_turn(peer: Peer) -> None:
    await peer.greet()
    await peer.expect("conversation.item.create")
    await answer(peer, 1)


async def two_turns(peer: Peer) -> None:
    await peer.greet()
    for number in (1, 2):
        await peer.expect("conversation.item.create")
        await answer(peer, number)


async def spoken(reader: Reader, clock: MovedClock) -> None:
    """Let the answer be heard to its end."""
    await reader.until(ResponseFinished)
    clock.advance(1_000)


async def test_each_response_is_told_by_turn_session_and_day(tmp_path) -> None:
    budget = Budget([PRICES], book=DayBook(tmp_path, "EUR"), currency="EUR")
    budget.book.add(10.0)
    async with ScriptedEndpoint(two_turns) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), budget=budget) as session:
            reader = Reader(session)
            found = []
            for text in ("one", "two"):
                session.send_text(text)
                found.append(await reader.until(CostUpdated))
    assert [(cost.price, cost.turn, cost.session, cost.day) for cost in found] == [
        (PRICE, PRICE, PRICE, 10.5),
        (PRICE, PRICE, 2 * PRICE, 11.0),
    ]
    assert found[1].session_tokens.text_in == 200
    assert DayBook(tmp_path, "EUR").total() == 11.0


async def test_without_a_budget_tokens_are_told_alone() -> None:
    async with ScriptedEndpoint(one_turn) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            session.send_text("one")
            cost = await Reader(session).until(CostUpdated)
    assert (cost.price, cost.session, cost.tokens.audio_out) == (None, None, 500)


async def test_at_the_cap_the_answer_is_heard_and_the_session_ends() -> None:
    clock = MovedClock()
    speaker = RecordingSpeaker(clock)
    budget = Budget([PRICES], Caps(session=0.4), currency="EUR")
    async with ScriptedEndpoint(one_turn) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), budget=budget, speaker=speaker)
        with pytest.raises(CapReached, match=r"0\.50 of 0\.40 EUR spent.*raise cost\.session_cap"):
            async with session:
                reader = Reader(session)
                session.send_text("one")
                warning = await reader.until(WarningIssued)
                assert warning.code == "session_cap_reached"
                assert session.phase is Phase.SPEAKING
                clock.advance(1_000)
                ended = await reader.until(Ended)
                await session.wait_closed()
    assert ended.kind is EndKind.CAP_REACHED
    assert len(speaker.heard_pcm()) == 100 * 48
    assert speaker.flushes == 0


async def test_at_the_cap_the_session_goes_on_where_it_costs_nothing() -> None:
    async def free(peer: Peer) -> None:
        await peer.greet()
        told = await confirm(peer, 2)
        assert told == [("user", "one"), ("assistant", "Answer 1.")]
        await confirm(peer, 1)
        await answer(peer, 2)

    clock = MovedClock()
    async with ScriptedEndpoint(one_turn) as paid, ScriptedEndpoint(free) as own:
        budget = Budget([PRICES, None], Caps(session=0.4))
        async with Session(
            endpoint=resolve(paid.url),
            fallbacks=[Place(resolve(own.url))],
            speaker=RecordingSpeaker(clock),
            budget=budget,
        ) as session:
            reader = Reader(session)
            session.send_text("one")
            await spoken(reader, clock)
            changed = await reader.until(EndpointChanged)
            assert changed.index == 1
            assert "this session's cap is reached" in changed.reason
            session.send_text("two")
            cost = await reader.until(CostUpdated)
            assert cost.price is None
            await spoken_out(session, clock)


async def spoken_out(session: Session, clock: MovedClock) -> None:
    async with asyncio.timeout(5):
        while session.phase is not Phase.LISTENING:  # noqa: ASYNC110 - the phase has no event
            clock.advance(100)
            await asyncio.sleep(0)


async def test_a_days_cap_that_is_reached_lets_no_session_begin(tmp_path) -> None:
    book = DayBook(tmp_path, "USD", today=lambda: date(2030, 5, 17))
    book.add(5.0)
    async with ScriptedEndpoint() as endpoint:
        budget = Budget([PRICES], Caps(day=5.0), book=book)
        with pytest.raises(CapReached, match="the day's cap is reached: 5.00 of 5.00 USD spent"):
            await Session(endpoint=resolve(endpoint.url), budget=budget).__aenter__()
    assert endpoint.requests == []


async def test_observers_see_everything_in_its_order() -> None:
    seen: list[Update] = []
    async with ScriptedEndpoint(one_turn) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), observers=[seen.append]) as session:
            reader = Reader(session)
            session.send_text("one")
            await reader.until(CostUpdated)
        rest = await reader.rest()
    kinds = [type(update) for update in seen]
    assert kinds.index(ResponseFinished) + 1 == kinds.index(CostUpdated)
    assert seen[-1] == rest[-1]
    assert isinstance(seen[-1], Ended)


async def test_the_log_tells_of_turns_tools_and_costs_but_not_of_words(caplog) -> None:
    caplog.set_level(logging.INFO, logger="voice")

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.expect("conversation.item.create")
        await peer.expect("response.create")
        await peer.send(
            events.response_created("r1"),
            events.call_done("r1", "c1", "clock", '{"city": "Canaryville"}'),
            events.response_done("r1", usage=USAGE),
        )
        await peer.expect("conversation.item.create")
        await answer(peer, 2)

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), tools=Clock()) as session:
            reader = Reader(session)
            session.send_text("What canary is it?")
            await reader.until(CostUpdated, 2)
    lines = caplog.text
    for expected in (
        "session open at",
        "tool clock done in",
        "response r1: completed",
        "turn meas",
    ):
        assert expected in lines
    for word in ("Canaryville", "canary", "Answer 2", "noon"):
        assert word not in lines
