"""One direction of a card: which device, whether it runs, and when it is tried again."""

from __future__ import annotations

from typing import cast

import pytest

from tests.audio.card_kit import FakeStream, Machine, defaults, device
from voice.audio import card_side
from voice.audio.card_side import CardSide, NothingBehindError, Opened, Port
from voice.audio.device_choice import DeviceName
from voice.errors import DeviceError

STARVED_TICKS = 5
FIRST_TICKS = 30


class Attachments:
    """Counts what a side attaches and detaches."""

    detached = 0

    def detach(self) -> None:
        self.detached += 1


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A desktop with "default", behind which the sound system has its own devices, and a webcam."""
    there = Machine()
    there.defaults = defaults("mic", "loud")
    monkeypatch.setattr(card_side, "Stream", there.open)
    monkeypatch.setattr(card_side, "list_devices", there.list_devices)
    monkeypatch.setattr(card_side, "system_defaults", lambda: there.defaults)
    return there


def side(
    port: Port = "microphone", wanted: DeviceName = None, attached: Attachments | None = None
) -> CardSide:
    detach = (attached or Attachments()).detach
    return CardSide(port, wanted, lambda stream: lambda data, count, time: None, detach)


def running(machine: Machine, one: CardSide) -> FakeStream:
    """Open a side and let it call back once."""
    one.take(one.open())
    stream = stream_of(one)
    stream.callbacks = 1
    assert not one.is_starved()
    return stream


def stream_of(one: CardSide) -> FakeStream:
    assert one.opened is not None
    return cast(FakeStream, one.opened.stream)


def test_behind_the_default_the_sound_systems_device_is_opened_at_its_rate(
    machine: Machine,
) -> None:
    machine.defaults = defaults("mic", "loud", rate_hz=16_000)

    ear, mouth = side("microphone").open(), side("speaker").open()

    assert (ear.name, ear.key, ear.is_wanted) == ("MIC", ("mic", 16_000), True)
    assert (mouth.name, mouth.key) == ("LOUD", ("loud", 16_000))
    assert [(s.kind, s.rate_hz) for s in machine.opened] == [("input", 16_000), ("output", 16_000)]


def test_a_device_of_portaudios_own_is_opened_as_it_is(machine: Machine) -> None:
    one = side(wanted="webcam")

    one.take(one.open())

    assert one.opened is not None
    assert (one.opened.name, one.opened.key) == ("Webcam", None)
    assert machine.opened[0].rate_hz == 48_000
    assert not one.is_routed
    assert one.has_wanted
    assert not one.has_moved(defaults("other", "other"))


def test_where_nobody_can_tell_what_is_behind_it_the_default_is_a_device(
    machine: Machine,
) -> None:
    machine.defaults = None

    opened = side().open()

    assert (opened.name, opened.key) == ("default", None)
    assert side().expected_name() == "default"


@pytest.mark.parametrize(("port", "left"), [("microphone", "loud"), ("speaker", "mic")])
def test_a_sound_system_without_such_a_device_is_told_apart_from_a_broken_one(
    machine: Machine, port: Port, left: str
) -> None:
    machine.defaults = defaults("mic", None) if port == "speaker" else defaults(None, "loud")

    with pytest.raises(NothingBehindError, match=f"has no {port}: plug one in"):
        side(port).open()
    with pytest.raises(NothingBehindError):
        side(port).expected_name()
    assert machine.opened == []


def test_what_would_be_opened_is_named_without_opening_it(machine: Machine) -> None:
    assert side("speaker").expected_name() == "LOUD"
    assert side("speaker", 1).expected_name() == "Webcam"
    with pytest.raises(DeviceError, match="no speaker is called 'Gramophone'"):
        side("speaker", "Gramophone").expected_name()
    assert machine.opened == []


def test_at_first_the_wanted_device_or_none_and_later_any_other(machine: Machine) -> None:
    one = side(wanted="Headset")
    with pytest.raises(DeviceError, match="no microphone is called 'Headset'"):
        one.open()

    machine.devices.append(device("Headset", 2))
    running(machine, one)
    machine.devices.pop()
    one.lose("was unplugged", 10.0)
    one.take(one.open())
    instead = one.opened
    machine.devices.append(device("Headset", 2))
    one.lose("was opened anew", 20.0)
    again = one.open()

    assert instead is not None
    assert (instead.name, instead.is_wanted) == ("MIC", False)
    assert (again.name, again.is_wanted) == ("Headset", True)


def test_with_no_device_left_nothing_can_be_opened(machine: Machine) -> None:
    one = side()
    running(machine, one)
    one.lose("was unplugged", 10.0)
    machine.devices.clear()

    with pytest.raises(DeviceError, match="no microphone was found"):
        one.open()
    assert not one.has_wanted


def test_five_ticks_without_a_callback_are_a_device_that_stands_still(machine: Machine) -> None:
    one = side()
    stream = running(machine, one)

    before = [one.is_starved() for _ in range(STARVED_TICKS - 1)]
    stream.callbacks += 1
    after_one = [one.is_starved() for _ in range(STARVED_TICKS)]

    assert not any(before)
    assert not any(after_one)
    assert one.is_starved()


def test_a_device_has_three_seconds_for_its_first_callback(machine: Machine) -> None:
    one = side()
    one.take(one.open())

    assert not any(one.is_starved() for _ in range(FIRST_TICKS - 1))
    assert one.is_starved()
    assert not one.is_running()


def test_a_stream_that_is_opened_anew_is_counted_anew(machine: Machine) -> None:
    one = side()
    one.take(one.open())
    for _ in range(FIRST_TICKS):
        one.is_starved()
    one.lose("stands still", 5.0)

    one.take(one.open())

    assert not one.is_starved()
    assert not one.is_running()
    stream_of(one).callbacks = 1
    assert one.is_running()


def test_the_wait_for_the_next_try_grows_to_two_seconds(machine: Machine) -> None:
    one = side()
    running(machine, one)

    one.lose("was unplugged", 100.0)
    waits = [one.next_try_s - 100.0]
    for _ in range(6):
        one.failed(100.0)
        waits.append(one.next_try_s - 100.0)

    assert waits == pytest.approx([0.0, 0.25, 0.5, 1.0, 2.0, 2.0, 2.0])


def test_a_device_that_can_be_opened_and_ends_at_once_is_not_tried_without_a_pause(
    machine: Machine,
) -> None:
    one = side()
    running(machine, one)
    waits = []

    for _ in range(4):
        one.lose("was unplugged", 100.0)
        waits.append(one.next_try_s - 100.0)
        one.take(one.open())

    assert waits == pytest.approx([0.0, 0.25, 0.5, 1.0])


def test_one_that_runs_again_is_tried_at_once_when_it_is_lost_again(machine: Machine) -> None:
    one = side()
    running(machine, one)
    one.lose("was unplugged", 100.0)
    for _ in range(3):
        one.failed(100.0)

    one.take(one.open())
    one.recovered()
    one.lose("stands still", 200.0)

    assert one.next_try_s == 200.0
    assert (one.lost_s, one.why) == (200.0, "stands still")
    one.failed(200.0)
    assert one.next_try_s == pytest.approx(200.25)


def test_the_first_reason_and_moment_of_a_loss_are_kept(machine: Machine) -> None:
    attached = Attachments()
    one = side(attached=attached)
    stream = running(machine, one)
    wishes = one.wishes

    first = one.lose("was unplugged", 100.0)
    one.is_told = True
    second = one.lose("was opened anew", 105.0)

    assert isinstance(first, Opened) and cast(FakeStream, first.stream) is stream
    assert second is None
    assert (one.lost_s, one.why, one.is_told) == (100.0, "was unplugged", True)
    assert attached.detached == 2
    assert one.wishes == wishes + 2


def test_a_stream_that_is_kept_while_it_stands_still_runs_at_the_next_callback(
    machine: Machine,
) -> None:
    machine.devices = [device("system", host_api="JACK Audio Connection Kit")]
    one = side()
    stream = running(machine, one)

    one.stand_still(50.0)
    one.stand_still(51.0)
    stood = one.is_running()
    stream.callbacks += 1

    assert one.is_left_alone
    assert (one.lost_s, one.why) == (50.0, "stands still")
    assert not stood
    assert one.is_running()


def test_only_jacks_streams_are_left_alone(machine: Machine) -> None:
    one = side()
    assert not one.is_left_alone

    running(machine, one)

    assert not one.is_left_alone


@pytest.mark.parametrize(
    ("now", "has_moved"),
    [
        (defaults("mic", "other"), False),
        (defaults("other", "loud"), True),
        (defaults("mic", "loud", rate_hz=16_000), True),
        (defaults(None, "loud"), True),
    ],
)
def test_another_device_or_another_rate_behind_the_default_is_noticed(
    machine: Machine, now: object, has_moved: bool
) -> None:
    one = side()
    running(machine, one)

    assert one.is_routed
    assert one.has_moved(now) is has_moved  # type: ignore[arg-type]


def test_a_side_that_is_not_open_has_not_moved(machine: Machine) -> None:
    assert not side().has_moved(defaults("other", "loud"))
    assert not side().is_routed
    assert not side().has_wanted
