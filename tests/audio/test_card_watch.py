"""What is lost, when it is told, and how it is opened again: without a card, in moved time."""

from __future__ import annotations

import asyncio

import pytest

from tests.audio.card_kit import (
    TICK_S,
    Card,
    Machine,
    MovedLoop,
    defaults,
    device,
    in_moved_time,
    now_s,
)

TOLD_S = 0.4


@in_moved_time
async def test_a_card_that_works_is_left_in_peace(card: Card, machine: Machine) -> None:
    await card.begin()
    await card.passes(60.0)

    assert card.told == []
    assert len(machine.opened) == 2
    assert (card.ear.name, card.mouth.name) == ("MIC", "LOUD")
    await card.end()


@in_moved_time
async def test_a_device_that_is_back_at_once_was_never_gone(card: Card, machine: Machine) -> None:
    await card.begin()

    card.heard().has_ended = True
    await card.passes(2.0)

    assert card.told == []
    assert len(machine.opened) == 3
    assert card.ear.lost_s is None
    await card.end()


@in_moved_time
async def test_a_loss_is_told_once_and_not_before_400_ms(card: Card, machine: Machine) -> None:
    await card.begin()
    machine.refused = {("input", "default")}
    card.answer.waiting_s = None

    card.heard().has_ended = True
    gone_s = now_s()
    await card.passes(30.0)

    assert card.told == ["the microphone 'MIC' was unplugged; no microphone is left"]
    assert TOLD_S <= card.news[0][0] - gone_s <= TOLD_S + 3 * TICK_S
    assert not card.news[0][1].is_working
    await card.end()


@in_moved_time
async def test_a_return_is_told_once_when_it_runs(card: Card, machine: Machine) -> None:
    await card.begin(ear="Webcam")
    machine.refused = {("output", "default")}
    card.spoken().has_ended = True
    await card.passes(5.0)
    card.news.clear()

    machine.refused.clear()
    machine.is_deaf = {"default"}
    await card.passes(2.5)
    while_it_does_not_run = card.told
    machine.is_deaf.clear()
    await card.passes(5.0)

    assert while_it_does_not_run == []
    assert card.told.count("playing on 'LOUD'") == 1
    assert card.news[0][1].is_working
    await card.end()


@in_moved_time
async def test_half_a_second_without_a_callback_loses_a_device(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    before = machine.running()

    machine.is_deaf = {"default"}
    await card.passes(0.45)
    too_early = machine.running()
    await card.passes(0.3)

    assert too_early == before
    assert all(stream.is_closed for stream in before)
    await card.passes(0.5)
    assert sorted(card.told) == [
        "the microphone 'MIC' stands still; no microphone is left",
        "the speaker 'LOUD' stands still; no speaker is left",
    ]
    await card.end()


@in_moved_time
async def test_a_loop_that_was_held_up_blames_no_device(card: Card, machine: Machine) -> None:
    await card.begin()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MovedLoop)

    loop._moved.now_s += 5.0  # nothing was done meanwhile
    await card.passes(2.0)

    assert card.told == []
    assert len(machine.opened) == 2
    await card.end()


@in_moved_time
async def test_a_headset_that_needs_three_seconds_is_waited_for(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    machine.is_deaf = {"default"}
    card.heard().has_ended = True
    await card.passes(2.8)
    machine.is_deaf.clear()
    await card.passes(1.0)

    assert len(machine.running("input")) == 1
    assert [s for s in machine.opened if s.kind == "input"][1] is card.heard()
    assert card.told[-1] in ("listening with 'MIC'", "playing on 'LOUD'")
    await card.end()


@in_moved_time
async def test_tries_become_rarer(card: Card, machine: Machine) -> None:
    await card.begin()
    machine.refused = {("input", "default")}
    tries_s: list[float] = []
    card.heard().has_ended = True

    for _ in range(120):
        before = machine.tries.count("input")
        await card.passes(0.1)
        tries_s += [now_s()] * (machine.tries.count("input") - before)

    waits = [later - earlier for earlier, later in zip(tries_s, tries_s[1:], strict=False)]
    assert waits[:6] == pytest.approx([0.25, 0.5, 1.0, 2.0, 2.0, 2.0], abs=TICK_S + 0.02)
    await card.end()


@in_moved_time
async def test_a_default_that_moves_is_followed_and_named(card: Card, machine: Machine) -> None:
    await card.begin()
    before = card.heard()

    machine.defaults = defaults("headset", "loud")
    moved_s = now_s()
    await card.passes(2.0)

    assert card.told == ["the microphone 'MIC' has gone or was exchanged; listening with 'HEADSET'"]
    assert card.news[0][0] - moved_s <= 1.5
    assert before.is_closed
    assert len(machine.running("output")) == 1 and len(machine.opened) == 3
    await card.end()


@in_moved_time
async def test_another_rate_of_the_same_device_is_noticed_without_a_word(
    card: Card, machine: Machine
) -> None:
    await card.begin()

    machine.defaults = defaults("mic", "loud", rate_hz=16_000)
    await card.passes(5.0)

    assert (card.heard().rate_hz, card.spoken().rate_hz) == (16_000, 16_000)
    assert card.told == []
    await card.end()


@in_moved_time
async def test_a_sound_system_without_a_microphone_is_no_reason_to_stop_the_speaker(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    loud = card.spoken()

    machine.defaults = defaults(None, "loud")
    await card.passes(20.0)

    assert card.told == ["the microphone 'MIC' has gone or was exchanged; no microphone is left"]
    assert machine.rescans == 0
    assert card.spoken() is loud
    machine.defaults = defaults("mic", "loud")
    await card.passes(3.0)
    assert card.told[1:] == ["listening with 'MIC'"]
    await card.end()


@in_moved_time
async def test_portaudio_looks_again_for_what_is_gone_but_never_during_an_answer(
    card: Card, machine: Machine
) -> None:
    await card.begin(ear="Webcam")
    machine.refused = {("input", "Webcam"), ("input", "default")}
    card.answer.waiting_s = 8.0
    card.heard().has_ended = True
    await card.passes(8.0)
    during_the_answer = machine.rescans

    card.answer.waiting_s = None
    await card.passes(25.0)

    assert during_the_answer == 0
    assert 2 <= machine.rescans <= 3  # every ten seconds, as it interrupts the speaker
    assert card.told == ["the microphone 'Webcam' was unplugged; no microphone is left"]
    await card.end()


@in_moved_time
async def test_with_both_sides_lost_portaudio_looks_at_every_try(
    card: Card, machine: Machine
) -> None:
    await card.begin()
    machine.refused = {("input", "default"), ("output", "default")}
    for stream in machine.running():
        stream.has_ended = True
    await card.passes(5.0)

    assert machine.rescans >= 4
    await card.end()


@in_moved_time
async def test_the_device_that_was_asked_for_is_used_again_when_it_is_back(
    card: Card, machine: Machine
) -> None:
    headset = device("Headset", 7)
    machine.devices.append(headset)
    await card.begin(ear="Headset")
    machine.devices.remove(headset)
    machine.cards = "0 PCH"
    card.heard().has_ended = True
    await card.passes(3.0)
    instead = card.ear.name

    machine.cards = "0 PCH, 1 Headset"
    machine.on_rescan = lambda: machine.devices.append(headset)
    await card.passes(2.5)

    assert instead == "MIC"
    assert card.heard().device is headset
    assert card.told == [
        "the microphone 'Headset' was unplugged; listening with 'MIC'",
        "the microphone 'MIC' was opened anew; listening with 'Headset'",
    ]
    assert machine.rescans == 1
    await card.end()


@in_moved_time
async def test_a_card_that_comes_is_nothing_to_those_who_have_what_they_want(
    card: Card, machine: Machine
) -> None:
    await card.begin()

    machine.cards = "0 PCH, 1 Camera"
    await card.passes(5.0)

    assert machine.rescans == 0
    assert len(machine.opened) == 2
    await card.end()


@in_moved_time
async def test_jacks_streams_are_kept_while_they_stand_still(card: Card, machine: Machine) -> None:
    machine.devices = [device("system", host_api="JACK Audio Connection Kit", is_default=True)]
    machine.defaults = None
    await card.begin()
    kept = machine.running()

    machine.is_deaf = {"system"}
    await card.passes(3.0)
    machine.is_deaf.clear()
    await card.passes(1.0)

    assert machine.running() == kept
    assert sorted(card.told) == [
        "listening with 'system'",
        "playing on 'system'",
        "the microphone 'system' stands still; no microphone is left",
        "the speaker 'system' stands still; no speaker is left",
    ]
    await card.end()
