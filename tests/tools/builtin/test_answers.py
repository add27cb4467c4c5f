from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools import Registry, discover
from tools.testing import ManualClock


class House:
    """All built-in tools and a clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.registry = Registry(data_dir=folder, clock=self.clock)
        for tool, source in discover(installed=[]).tools:
            self.registry.add(tool, source)

    async def ask(self, name: str, **arguments: Any) -> str:
        outcome = await self.registry.call(name, json.dumps(arguments))
        return outcome.output if outcome.is_error else str(json.loads(outcome.output)["spoken"])

    async def data(self, name: str) -> Any:
        return json.loads((await self.registry.call(name, "{}")).output)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with house.registry:
        yield house


async def test_nothing_to_take_back_is_said(house: House) -> None:
    assert await house.ask("undo_last") == "There is nothing that I could take back."


async def test_changes_of_a_list_are_taken_back_one_by_one(house: House) -> None:
    await house.ask("add_to_list", item="milk, eggs and bread")
    await house.ask("remove_from_list", item="eggs")
    await house.ask("clear_list")

    assert await house.ask("undo_last") == "Your shopping list is as it was."
    assert (await house.data("read_list"))["items"] == ["milk", "bread"]
    assert await house.ask("undo_last") == "I put eggs back on your shopping list."
    assert (await house.data("read_list"))["items"] == ["milk", "eggs", "bread"]
    assert await house.ask("undo_last") == (
        "I took milk, eggs and bread off your shopping list again."
    )
    assert (await house.data("read_list"))["items"] == []


async def test_the_note_just_taken_is_thrown_away(house: House) -> None:
    await house.ask("take_note", text="keep this")
    await house.ask("take_note", text="not this")

    assert await house.ask("undo_last") == "I threw that note away again."
    assert [note["text"] for note in (await house.data("read_notes"))["notes"]] == ["keep this"]


async def test_a_timer_that_was_cancelled_is_set_again(house: House) -> None:
    await house.ask("set_timer", duration="ten minutes", label="pasta")
    await house.ask("cancel_timer")
    house.clock.advance(60)

    assert "is set again" in await house.ask("undo_last")
    [timer] = (await house.data("list_timers"))["timers"]
    assert (timer["label"], timer["seconds_left"]) == ("pasta", 540)
    assert "cancelled" in await house.ask("undo_last")
    assert (await house.data("list_timers"))["timers"] == []


async def test_a_timer_whose_time_has_passed_is_not_set_again(house: House) -> None:
    await house.ask("set_timer", duration="ten minutes")
    await house.ask("cancel_timer")
    house.clock.advance(3600)

    assert "too late" in await house.ask("undo_last")


async def test_the_volume_goes_back(house: House) -> None:
    await house.ask("set_volume", level=30)
    await house.ask("change_volume", direction="up")
    assert await house.ask("undo_last") == "The volume is back at 30 percent."
    assert await house.ask("undo_last") == "The volume is back at 50 percent."
