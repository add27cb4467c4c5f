"""Ten kinds of bad tool: each gives one answer, and what comes next still works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bad_tools
from benchmarks.tool_ticks import late_ms
from tools import Registry, tool

BAD = {
    bad_tools.blocks_the_loop: "took too long",
    bad_tools.spins: "",
    bad_tools.holds_the_interpreter: "took too long",
    bad_tools.never_returns: "took too long",
    bad_tools.exits: "internal error",
    bad_tools.returns_ten_megabytes: "longer than 16 kB",
    bad_tools.returns_bytes: "its result was bytes",
    bad_tools.returns_a_cycle: "contains itself",
    bad_tools.dies: "internal error",
    bad_tools.forks: "parent",
    bad_tools.floods: "flooded",
}


@tool
async def ask_politely() -> str:
    """Answer."""
    return "still here"


@tool
def ask_plainly() -> str:
    """Answer."""
    return "still here"


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with Registry(data_dir=tmp_path) as registry:
        for entry in (*bad_tools.KINDS, ask_politely, ask_plainly):
            registry.add(entry, "test")
        yield registry


def test_every_kind_is_tried() -> None:
    assert set(BAD) == set(bad_tools.KINDS)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad.name))
async def test_it_gives_one_answer_and_others_go_on(registry: Registry, bad: Any) -> None:
    calls = [asyncio.create_task(registry.call(bad.name, "{}")) for _ in range(2)]
    beside = await registry.call("ask_plainly", "{}")
    assert beside.output == "still here"

    for outcome in await asyncio.wait_for(asyncio.gather(*calls), 15):
        assert BAD[bad] in outcome.output
        assert len(outcome.output.encode()) <= 16_384

    for name in ("ask_plainly", "ask_politely"):
        async with asyncio.timeout(15):
            assert (await registry.call(name, "{}")).output == "still here"


async def test_ticks_go_on_while_a_tool_blocks_its_loop(registry: Registry) -> None:
    order: list[str] = []

    async def call() -> None:
        outcome = await registry.call("blocks_the_loop", "{}")
        order.append(outcome.output)

    async def beside() -> None:
        await asyncio.gather(call(), registry.call("ask_plainly", "{}"))

    await late_ms(beside)
    loop_turns = asyncio.create_task(call())
    while not loop_turns.done():
        order.append("tick")
        await asyncio.wait({loop_turns}, timeout=0.02)

    assert order.count("tick") > 3
    assert "took too long" in order[-1]
