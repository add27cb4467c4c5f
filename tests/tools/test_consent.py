from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tools import Registry, ToolOutcome, tool
from tools.builtin.answers import answer_outcome
from tools.consent import ANNOUNCE_AFTER_S, EXPIRES_S, PATIENCE_S, intent_of
from tools.testing import ManualClock

QUESTION = "Shall I send 50 euros to Anna?"
ANNA = {"name": "Anna", "amount": 50}


class ArmedClock(ManualClock):
    """Tells when somebody begins to wait by it."""

    def __init__(self) -> None:
        super().__init__()
        self.armed = asyncio.Event()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        self.armed.set()
        return super().call_later(delay_s, callback)


class House:
    """A registry with a tool that sends money, a clock that is moved, and what it announced."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[str] = []
        self.notices: asyncio.Queue[str] = asyncio.Queue()
        self.clock = ArmedClock()
        self.now_s = 100.0
        self.registry = Registry(
            data_dir=folder,
            on_notice=self.notices.put_nowait,
            clock=self.clock,
            now_s=lambda: self.now_s,
        )
        self.consent = self.registry.consent

        @tool(effect="irreversible", summary="send {amount} euros to {name}")
        def send_money(name: str, amount: int) -> dict[str, str]:
            """Send money."""
            self.sent.append(name)
            return {"spoken": f"I sent {amount} euros to {name}."}

        self.registry.add(send_money, "test")
        self.registry.add(answer_outcome, "test")

    async def send(self, **arguments: object) -> ToolOutcome:
        return await self.registry.call("send_money", json.dumps(arguments or ANNA))

    async def send_patiently(self) -> ToolOutcome:
        """Call again, and let the time pass that a repeated call waits for an answer."""
        call = asyncio.create_task(self.send())
        await asyncio.wait_for(self.clock.armed.wait(), 5)
        self.clock.advance(PATIENCE_S)
        return await asyncio.wait_for(call, 5)

    def answer(self, text: str, *, after_s: float = 5) -> None:
        self.now_s += after_s
        self.consent.heard(text, self.now_s)

    async def done(self) -> ToolOutcome:
        return await asyncio.wait_for(self.consent.outcome(), 5)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with house.registry:
        yield house


async def test_it_is_done_once_after_a_later_yes_to_what_was_read(house: House) -> None:
    asked = await house.send()
    assert json.loads(asked.output)["spoken"] == QUESTION
    assert house.consent.question == QUESTION
    house.consent.said("Shall I send fifty euros to Anna?")
    assert house.sent == []

    house.answer("Yes, please.")

    assert "I sent 50 euros" in (await house.done()).output
    assert house.sent == ["Anna"]
    assert house.consent.question is None


async def test_the_result_is_announced_unless_the_model_asked_for_it(house: House) -> None:
    await house.send()
    house.consent.pressed(is_yes=True)
    await asyncio.wait_for(house.clock.armed.wait(), 5)
    house.clock.advance(ANNOUNCE_AFTER_S)

    assert await asyncio.wait_for(house.notices.get(), 5) == "I sent 50 euros to Anna."
    again = await house.send()
    assert again.output.startswith("Done before, once; not done again.")
    assert house.sent == ["Anna"]


async def test_the_call_that_is_repeated_after_the_yes_gets_the_result(house: House) -> None:
    await house.send()
    house.consent.pressed(is_yes=True)

    again = await house.send(amount="50", name=" anna ")
    house.clock.advance(ANNOUNCE_AFTER_S)

    assert json.loads(again.output)["spoken"] == "I sent 50 euros to Anna."
    assert house.sent == ["Anna"]
    assert house.notices.empty()


async def test_a_repeated_call_waits_a_moment_and_asks_nothing_new(house: House) -> None:
    await house.send()

    again = await house.send_patiently()

    assert json.loads(again.output)["status"] == "waiting for the user"
    assert house.sent == []


async def test_a_yes_while_the_repeated_call_waits_reaches_it(house: House) -> None:
    await house.send()
    house.consent.said(QUESTION)
    call = asyncio.create_task(house.send())
    await asyncio.wait_for(house.clock.armed.wait(), 5)

    house.answer("yes")

    assert "I sent 50 euros" in (await asyncio.wait_for(call, 5)).output


@pytest.mark.parametrize("began_s", [None, 50.0, 100.0])
async def test_a_yes_of_a_turn_that_began_before_the_question_counts_nothing(
    house: House, began_s: float | None
) -> None:
    await house.send()
    house.consent.said(QUESTION)
    house.consent.heard("yes", began_s)

    assert house.consent.question == QUESTION
    assert house.sent == []


async def test_a_yes_to_a_question_that_was_never_read_has_it_read_once(house: House) -> None:
    await house.send()
    house.consent.said("Shall I switch on the light for Anna?")

    house.answer("yes")
    house.answer("yes")

    assert house.sent == []
    assert QUESTION in await asyncio.wait_for(house.notices.get(), 5)
    assert house.notices.empty()
    house.consent.said(QUESTION)
    house.answer("yes")
    await house.done()
    assert house.sent == ["Anna"]


@pytest.mark.parametrize("name", ["Bob", "nobody"])
async def test_a_question_read_with_another_name_was_not_read(house: House, name: str) -> None:
    await house.send()
    house.consent.said(f"Shall I send 50 euros to {name}?")
    house.answer("yes")

    assert house.sent == []


async def test_a_no_ends_it_and_is_not_asked_again(house: House) -> None:
    await house.send()
    house.answer("No, thanks.")

    again = await house.send()

    assert again == ToolOutcome("It was not done, as the answer was no.", is_error=True)
    assert house.consent.question is None


async def test_after_other_words_the_same_wish_is_a_new_one(house: House) -> None:
    await house.send()
    house.answer("no")
    house.answer("Actually, I want to send it after all.")

    assert json.loads((await house.send()).output)["spoken"] == QUESTION


async def test_anything_else_withdraws_the_question(house: House) -> None:
    await house.send()
    house.consent.said(QUESTION)
    house.answer("What is the weather like?")
    house.answer("yes")

    assert house.consent.question is None
    assert house.sent == []


async def test_words_of_somebody_who_listens_change_nothing(house: House) -> None:
    await house.send()
    house.answer("Okay.")
    house.answer("um")

    assert house.consent.question == QUESTION


async def test_a_question_expires(house: House) -> None:
    await house.send()
    house.consent.said(QUESTION)
    house.answer("yes", after_s=EXPIRES_S + 1)

    assert house.consent.question is None
    assert house.sent == []
    assert not house.consent.pressed(is_yes=True)


async def test_only_one_question_is_open_at_a_time(house: House) -> None:
    await house.send()

    other = await house.send(name="Bob", amount=1)

    assert other.is_error
    assert QUESTION in other.output


async def test_a_tool_can_tell_what_came_of_it_and_grants_nothing(house: House) -> None:
    assert (await house.registry.call("answer_outcome", "{}")).is_error
    await house.send()
    house.consent.pressed(is_yes=True)

    told = await house.registry.call("answer_outcome", "{}")

    assert json.loads(told.output)["spoken"] == "I sent 50 euros to Anna."


async def test_bad_arguments_ask_nothing(house: House) -> None:
    assert (await house.send(name="Anna")).is_error
    assert house.consent.question is None


async def test_the_end_withdraws_the_question(house: House) -> None:
    await house.send()

    await house.registry.close()

    assert house.consent.question is None


def asking(house: House, *, ask: Callable[[str], None]) -> asyncio.Task[bool]:
    """Ask for leave for something that is done elsewhere."""
    wish = house.consent.allows(intent_of("docs__delete", ANNA), "delete the page", ask)
    return asyncio.create_task(wish)


async def test_leave_for_others_takes_a_later_yes_to_what_was_read(house: House) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    leave = asking(house, ask=asked.put_nowait)
    assert await asyncio.wait_for(asked.get(), 5) == "Shall I delete the page?"

    house.answer("Yes.")
    assert await asyncio.wait_for(asked.get(), 5) == "Shall I delete the page?"
    assert not leave.done()

    house.consent.said("Shall I delete the page?")
    house.answer("Yes.")
    assert await asyncio.wait_for(leave, 5)
    assert house.notices.empty()


@pytest.mark.parametrize("words", ["No.", "What time is it?"])
async def test_leave_for_others_ends_with_a_no_or_another_subject(house: House, words: str) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    leave = asking(house, ask=asked.put_nowait)
    await asyncio.wait_for(asked.get(), 5)
    house.consent.said("Shall I delete the page?")
    house.answer(words)
    assert not await asyncio.wait_for(leave, 5)


async def test_leave_for_others_that_nobody_gives_ends_by_itself(house: House) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    leave = asking(house, ask=asked.put_nowait)
    await asyncio.wait_for(asked.get(), 5)
    await asyncio.wait_for(house.clock.armed.wait(), 5)
    house.now_s += EXPIRES_S + 1
    house.clock.advance(EXPIRES_S + 1)
    assert not await asyncio.wait_for(leave, 5)
    assert house.consent.question is None


async def test_leave_for_others_waits_for_the_question_before_it(house: House) -> None:
    await house.send()
    asked: asyncio.Queue[str] = asyncio.Queue()
    leave = asking(house, ask=asked.put_nowait)
    await asyncio.wait_for(house.clock.armed.wait(), 5)
    assert house.consent.question == QUESTION
    assert house.consent.pressed(is_yes=False)
    assert await asyncio.wait_for(asked.get(), 5) == "Shall I delete the page?"
    assert house.consent.pressed(is_yes=True)
    assert await asyncio.wait_for(leave, 5)
    assert house.sent == []


async def test_leave_for_others_that_nobody_wants_any_more_is_withdrawn(house: House) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    leave = asking(house, ask=asked.put_nowait)
    await asyncio.wait_for(asked.get(), 5)
    leave.cancel()
    await asyncio.wait({leave})
    assert house.consent.question is None
    assert not house.consent.pressed(is_yes=True)
