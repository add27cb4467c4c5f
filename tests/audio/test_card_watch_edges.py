"""A card that is opened, ended or in the middle of an answer while its driver is slow."""

from __future__ import annotations

import asyncio

import pytest

from tests.audio.card_kit import (
    TICK_S,
    Card,
    FakeStream,
    Machine,
    defaults,
    in_moved_time,
    now_s,
)
from voice.errors import DeviceError

TOLD_S = 0.4
PATIENCE_S = 3.0


@in_moved_time
async def test_a_loss_is_told_in_time_although_the_driver_hangs(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    card.driver().may_answer.clear()

    card.heard().has_ended = True
    gone_s = now_s()
    await card.passes(1.0)

    assert card.news[0][0] - gone_s <= TOLD_S + 3 * TICK_S
    await card.end()


@in_moved_time
async def test_the_other_side_is_watched_while_the_driver_hangs(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    card.driver().may_answer.clear()
    card.heard().has_ended = True
    await card.passes(1.0)

    card.spoken().has_ended = True
    await card.passes(1.0)

    assert card.told[-1] == "the speaker 'LOUD' was unplugged; no speaker is left"
    await card.end()


@in_moved_time
async def test_a_driver_that_hangs_is_given_up_and_its_late_device_closed(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    card.driver().may_answer.clear()
    card.heard().has_ended = True
    await card.passes(8.0)

    card.driver().may_answer.set()
    await card.passes(3.0)

    microphones = [stream for stream in machine.opened if stream.kind == "input"]
    assert card.heard() is microphones[-1]
    assert len(microphones) == 3  # the first, one that came too late, and the one in use
    assert not microphones[1].is_started
    assert card.told[-1] == "listening with 'MIC'"
    await card.end()


@in_moved_time
async def test_a_sound_system_that_hangs_or_cannot_tell_takes_nothing_away(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    card.questions().may_answer.clear()
    await card.passes(20.0)
    machine.defaults = None
    card.questions().may_answer.set()
    await card.passes(20.0)
    undisturbed = len(machine.opened)

    machine.defaults = defaults("headset", "loud")
    await card.passes(7.0)

    assert undisturbed == 2
    assert card.ear.name == "HEADSET"
    await card.end()


@in_moved_time
async def test_no_rescan_pulls_away_a_stream_that_is_just_being_opened(
    card: Card, machine: Machine
) -> None:
    await card.begin(ear="Webcam")
    card.driver().may_answer.clear()
    card.heard().has_ended = True
    await card.passes(1.0)

    machine.cards = "0 PCH, 1 Webcam"
    await card.passes(2.0)
    card.driver().may_answer.set()
    await card.passes(3.0)  # the machine asserts that no stream is open at a rescan

    assert card.heard().device.name == "Webcam"
    assert card.heard().is_started
    await card.end()


@in_moved_time
async def test_an_answer_waits_three_seconds_for_its_speaker_and_is_given_up(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    machine.refused = {("output", "default")}
    card.answer.waiting_s = 20.0

    card.spoken().has_ended = True
    lost_s = now_s()
    await card.passes(10.0)

    assert card.told == [
        "the speaker 'LOUD' was unplugged; no speaker is left; what it had still to say was not "
        "heard"
    ]
    assert card.answer.given_up_s == pytest.approx([lost_s + PATIENCE_S], abs=3 * TICK_S)
    await card.end()


@in_moved_time
async def test_an_answer_whose_speaker_hangs_in_the_driver_is_given_up_as_soon(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    card.driver().may_answer.clear()
    card.answer.waiting_s = 20.0

    card.spoken().has_ended = True
    lost_s = now_s()
    await card.passes(5.0)

    assert card.answer.given_up_s == pytest.approx([lost_s + PATIENCE_S], abs=3 * TICK_S)
    await card.end()


@in_moved_time
async def test_an_answer_goes_on_in_a_speaker_that_is_back_in_time(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    machine.refused = {("output", "default")}
    card.answer.waiting_s = 20.0
    card.spoken().has_ended = True
    await card.passes(1.5)

    machine.refused.clear()
    await card.passes(10.0)

    assert card.answer.given_up_s == []
    assert card.told == ["playing on 'LOUD'"]
    await card.end()


@in_moved_time
async def test_an_answer_that_begins_without_a_speaker_gets_the_time_of_its_sound(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    machine.refused = {("output", "default")}
    card.spoken().has_ended = True
    await card.passes(10.0)

    card.answer.waiting_s = 4.0
    began_s = now_s()
    await card.passes(9.0)

    assert card.answer.given_up_s == pytest.approx([began_s + 4.0 + PATIENCE_S], abs=3 * TICK_S)
    await card.end()


@in_moved_time
async def test_what_cannot_be_opened_at_first_is_an_error_and_leaves_nothing_behind(
    card: Card, machine: Machine
) -> None:
    machine.refused = {("input", "default"), ("output", "default")}

    with pytest.raises(DeviceError, match="default is busy"):
        await card.watch.begin(card.ear)
    with pytest.raises(DeviceError, match="default is busy"):
        card.watch.begin_at_once(card.mouth)

    assert machine.running() == []
    assert card.attached == []
    await card.end()


@in_moved_time
async def test_a_stream_that_does_not_start_is_closed(
    card: Card, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: FakeStream, on_block: object) -> None:
        raise DeviceError("it does not start")

    monkeypatch.setattr(FakeStream, "start", fails)

    with pytest.raises(DeviceError, match="does not start"):
        await card.watch.begin(card.ear)
    with pytest.raises(DeviceError, match="does not start"):
        card.watch.begin_at_once(card.mouth)
    await card.driver().rest()

    assert len(machine.opened) == 2
    assert machine.running() == []
    await card.end()


@pytest.mark.parametrize("turns", range(12))
@in_moved_time
async def test_a_side_that_is_ended_while_it_is_opened_stays_closed(
    card: Card, machine: Machine, turns: int
) -> None:
    beginning = asyncio.create_task(card.watch.begin(card.ear))
    for _ in range(turns):
        await asyncio.sleep(0)

    await card.watch.end(card.ear)
    await beginning
    await card.driver().rest()

    assert machine.running() == []
    assert not card.ear.is_in_use
    assert card.driver().has_ended


@pytest.mark.parametrize("turns", range(8))
@in_moved_time
async def test_whoever_changes_the_wish_while_it_is_opened_gets_what_was_wished_last(
    card: Card, machine: Machine, turns: int
) -> None:
    await card.begin()
    loop = asyncio.get_running_loop()

    def wish_later(turns: int) -> None:
        if turns:
            loop.call_soon(wish_later, turns - 1)
            return
        card.ear.wanted = "Webcam"
        card.watch.lose(card.ear, "was left")
        card.ear.next_try_s = 0.0

    machine.on_open = lambda: wish_later(turns)
    card.watch.lose(card.ear, "was left")
    await card.passes(1.0)

    assert card.heard().device.name == "Webcam"
    assert card.heard().is_started
    assert card.ear.name == "Webcam"
    await card.end()


@in_moved_time
async def test_ending_does_not_wait_long_for_a_driver_that_hangs(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    streams = machine.running()
    card.driver().may_answer.clear()

    began_s = now_s()
    await card.watch.end(card.ear)
    await card.watch.end(card.mouth)
    took_s = now_s() - began_s
    await card.driver().rest()

    assert took_s <= 4.5
    assert all(stream.is_closed for stream in streams)


@in_moved_time
async def test_a_device_that_comes_while_all_ends_is_closed(card: Card, machine: Machine) -> None:
    await card.begin()
    card.driver().may_answer.clear()
    card.heard().has_ended = True
    await card.passes(1.0)

    await card.end()  # sees to it that no stream is open

    assert len([stream for stream in machine.opened if stream.kind == "input"]) == 2


@in_moved_time
async def test_one_side_goes_on_when_the_other_is_ended(card: Card, machine: Machine) -> None:
    await card.begin()

    await card.watch.end(card.ear)
    card.spoken().has_ended = True
    await card.passes(1.0)

    assert machine.running("input") == []
    assert card.spoken().is_started
    await card.end()
