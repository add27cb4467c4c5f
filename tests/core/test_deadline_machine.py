"""Steps and deadlines as data."""

from enum import Enum

from voice.core.deadline_machine import DeadlineMachine


class Lamp(Enum):
    OFF = "off"
    ON = "on"


class Press(Enum):
    ON = "on"
    OFF = "off"


STEPS = {
    (Lamp.OFF, Press.ON): Lamp.ON,
    (Lamp.ON, Press.ON): Lamp.ON,
    (Lamp.ON, Press.OFF): Lamp.OFF,
}


def lamp() -> DeadlineMachine[Lamp, Press]:
    return DeadlineMachine(Lamp.OFF, STEPS, {Lamp.ON: 100})


def test_a_step_leads_to_its_state_and_sets_the_deadline_of_it() -> None:
    machine = lamp()

    assert machine.move(Press.ON, 1_000)

    assert machine.state is Lamp.ON
    assert machine.deadline_ms == 1_100
    assert not machine.is_late(1_099)
    assert machine.is_late(1_100)


def test_a_state_without_a_limit_is_never_late() -> None:
    machine = lamp()
    machine.move(Press.ON, 0)
    machine.move(Press.OFF, 10)

    assert machine.deadline_ms is None
    assert not machine.is_late(1_000_000)


def test_a_step_back_into_the_same_state_sets_its_deadline_anew() -> None:
    machine = lamp()
    machine.move(Press.ON, 0)

    assert machine.move(Press.ON, 50)

    assert machine.deadline_ms == 150


def test_a_step_that_does_not_exist_changes_nothing() -> None:
    machine = lamp()

    assert not machine.may(Press.OFF)
    assert not machine.move(Press.OFF, 0)

    assert machine.state is Lamp.OFF
    assert machine.deadline_ms is None
