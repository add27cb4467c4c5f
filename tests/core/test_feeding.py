"""Feeding: actions in order, and answers before anything else."""

from typing import get_args

from voice.core.client_actions import Action, CancelTool, FlushPlayback
from voice.core.client_inputs import Input, PlaybackStopped, Started, Tick
from voice.core.feeding import feed
from voice.protocol.server_events import ServerEvent


class ScriptedCore:
    """Answers each type of event with a fixed list of actions."""

    def __init__(self, script: dict[type, list[Action]]) -> None:
        self._script = script

    def handle(self, event: ServerEvent | Input, now_ms: int) -> list[Action]:
        return list(self._script.get(type(event), ()))


def performed(core: ScriptedCore, answers: dict[Action, Input]) -> list[Action]:
    done: list[Action] = []

    def perform(action: Action) -> Input | None:
        done.append(action)
        return answers.pop(action, None)

    feed(core, Started(), 0, dict.fromkeys(get_args(Action), perform))
    return done


def test_actions_are_performed_in_list_order() -> None:
    actions: list[Action] = [CancelTool("1"), CancelTool("2"), CancelTool("3")]
    assert performed(ScriptedCore({Started: actions}), {}) == actions


def test_an_answer_is_fed_before_the_rest_of_the_list() -> None:
    core = ScriptedCore(
        {
            Started: [CancelTool("1"), FlushPlayback(), CancelTool("4")],
            PlaybackStopped: [CancelTool("2"), CancelTool("3")],
        }
    )
    done = performed(core, {FlushPlayback(): PlaybackStopped(())})
    names = [action.call_id for action in done if isinstance(action, CancelTool)]
    assert names == ["1", "2", "3", "4"]


def test_an_answer_to_an_answer_comes_first_again() -> None:
    core = ScriptedCore(
        {
            Started: [FlushPlayback(), CancelTool("4")],
            PlaybackStopped: [CancelTool("1"), CancelTool("3")],
            Tick: [CancelTool("2")],
        }
    )
    answers: dict[Action, Input] = {FlushPlayback(): PlaybackStopped(()), CancelTool("1"): Tick()}
    done = performed(core, answers)
    names = [action.call_id for action in done if isinstance(action, CancelTool)]
    assert names == ["1", "2", "3", "4"]
