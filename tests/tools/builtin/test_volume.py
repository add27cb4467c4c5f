from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools import InMemoryVolume, Registry
from tools.builtin.volume import change_volume, mute, set_volume, unmute


@pytest.fixture
def volume() -> InMemoryVolume:
    return InMemoryVolume(50)


@pytest.fixture
async def registry(tmp_path: Path, volume: InMemoryVolume) -> AsyncIterator[Registry]:
    async with Registry(data_dir=tmp_path, volume=volume) as registry:
        for tool in (set_volume, change_volume, mute, unmute):
            registry.add(tool, "test")
        yield registry


async def ask(registry: Registry, name: str, **arguments: Any) -> str:
    outcome = await registry.call(name, json.dumps(arguments))
    return outcome.output if outcome.is_error else str(json.loads(outcome.output)["spoken"])


@pytest.mark.parametrize(
    ("level", "percent"),
    [(30, 30), ("30", 30), ("thirty", 30), ("forty five percent", 45), ("80%", 80), ("max", 100),
     ("half", 50), (12.5, 12), ("zero", 0), ("full volume", 100)],
)  # fmt: skip
async def test_the_level_comes_as_number_or_words(
    registry: Registry, volume: InMemoryVolume, level: object, percent: int
) -> None:
    assert await ask(registry, "set_volume", level=level) == f"The volume is at {percent} percent."
    assert volume.get() == percent


@pytest.mark.parametrize("level", [101, -1, "banana", "two hundred", None, "", [1]])
async def test_an_impossible_level_is_told(
    registry: Registry, volume: InMemoryVolume, level: object
) -> None:
    assert "level" in await ask(registry, "set_volume", level=level)
    assert volume.get() == 50


@pytest.mark.parametrize(
    ("arguments", "percent"),
    [
        ({"direction": "up"}, 60), ({"direction": "down"}, 40), ({"direction": "louder"}, 60),
        ({"direction": "Quieter"}, 40), ({"direction": "up", "amount": "twenty"}, 70),
        ({"direction": "down", "amount": 100}, 0), ({"direction": "up", "amount": 100}, 100),
    ],
)  # fmt: skip
async def test_the_volume_goes_up_and_down(
    registry: Registry, volume: InMemoryVolume, arguments: dict[str, Any], percent: int
) -> None:
    assert str(percent) in await ask(registry, "change_volume", **arguments)
    assert volume.get() == percent


async def test_the_ends_are_told(registry: Registry, volume: InMemoryVolume) -> None:
    volume.set(100)
    assert await ask(registry, "change_volume", direction="up") == "That is as loud as I can be."
    volume.set(0)
    assert await ask(registry, "change_volume", direction="down") == "That is as quiet as I can be."


async def test_a_direction_that_is_none_is_told(registry: Registry) -> None:
    assert "'up' or 'down'" in await ask(registry, "change_volume", direction="sideways")


async def test_unmuting_goes_back_to_what_it_was(
    registry: Registry, volume: InMemoryVolume
) -> None:
    volume.set(35)
    muted = await registry.call("mute", "")
    await registry.call("mute", "")
    assert volume.get() == 0
    assert not muted.speak

    assert await ask(registry, "unmute") == "I'm back. The volume is at 35 percent."
    assert await ask(registry, "unmute") == "I'm not muted."


async def test_unmuting_without_a_memory_is_half(
    registry: Registry, volume: InMemoryVolume, tmp_path: Path
) -> None:
    volume.set(0)
    (tmp_path / "volume.json").write_text('{"before_mute_percent": "loud"}')

    assert await ask(registry, "unmute") == "I'm back. The volume is at 50 percent."
