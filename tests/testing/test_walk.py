"""The random walk: the same for the same seed, and it names the conversation that broke."""

import random

import pytest

from voice.core.client import ClientCore
from voice.core.client_actions import Action
from voice.testing import walk as walking
from voice.testing.walk import MOVES, ClientWalk, walk
from voice.testing.watcher import PropertyBroken


def test_a_seed_is_one_walk() -> None:
    first, second = (ClientWalk(random.Random("7").randrange) for _ in range(2))
    for _ in range(200):
        first.step()
        second.step()
    assert first.shell.done == second.shell.done


def test_every_move_can_be_made_at_the_start() -> None:
    for name in MOVES:
        conversation = ClientWalk(random.Random(name).randrange)
        conversation.move(name)
        conversation.finish()


def test_a_core_that_breaks_a_property_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = ClientCore._settle

    def eager(self: ClientCore) -> None:
        settle(self)
        if self._state.link.is_ready:
            self._handlers.responses.ask()

    monkeypatch.setattr(ClientCore, "_settle", eager)
    with pytest.raises(Exception, match="property 1|illegal") as caught:
        walk(2_000, seed=1)
    assert caught.value.__notes__[-1].startswith("conversation 0 of seed 1")


def test_a_core_that_forgets_its_log_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    handle, count = ClientCore.handle, iter(range(10**9))

    def forgetful(self: ClientCore, event: object, now_ms: int) -> list[Action]:
        actions = handle(self, event, now_ms)  # type: ignore[arg-type]
        return actions[:1] if next(count) % 7 == 0 else actions

    monkeypatch.setattr(ClientCore, "handle", forgetful)
    with pytest.raises((PropertyBroken, AssertionError)):
        walk(2_000, seed=1)


def test_the_command_says_that_every_property_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["walk", "--steps", "500", "--seed", "3"])
    walking.main()
    said = capsys.readouterr().out
    assert said.startswith("client core: 500 random steps in 2 conversations")
    assert "all properties held" in said
