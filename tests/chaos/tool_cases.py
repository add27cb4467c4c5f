"""P08 to P14, P16 and P17: tools that break, hang, flood or are called wrongly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.chaos.cases import Cases
from tests.chaos.hogs import hold_heavy, hold_loop, hold_thread
from tests.chaos.stage import Stage
from tests.chaos.talk_items import Item
from tests.chaos.upstream import Answer, Talk, usual
from tools import tool
from tools.registry import Registry
from voice.core.updates import Phase, ToolCallFinished, ToolCallStarted
from voice.testing import events
from voice.toolbox import Toolbox

LATE_LIMIT_MS = 50
"""How late a tick of the loop may come: sound is asked for in blocks of 20 ms (FAULTS P17)."""

cases = Cases()
case = cases.case


@contextlib.asynccontextmanager
async def toolbox(stage: Stage, *functions: Callable[..., Any]) -> AsyncIterator[Toolbox]:
    """Put functions of a case into the real registry, as a session gets it."""
    registry = Registry(data_dir=stage.folder / "data")
    for function in functions:
        registry.add(function, "the chaos run")
    async with Toolbox(registry, (), call_limit_s=60) as box:
        yield box


def calling(*calls: tuple[str, str, str]) -> Answer:
    """Return an answer that calls tools: (call id, name, arguments), and says nothing."""

    async def answer(talk: Talk) -> None:
        response_id = talk.active or ""
        await talk.peer.send(events.response_created(response_id))
        for call_id in dict.fromkeys(call_id for call_id, _, _ in calls):
            item_id = f"item_of_{call_id}"
            talk.items.append(Item(item_id, "function_call", call_id=call_id))
        for call_id, name, arguments in calls:
            await talk.peer.send(events.call_done(response_id, call_id, name, arguments))
        await talk.done(response_id)

    return answer


def output_of(stage: Stage, call_id: str) -> str:
    """Return what the endpoint was told of a call."""
    outputs = [i for i in stage.history() if i.kind == "function_call_output"]
    [found] = [item for item in outputs if item.call_id == call_id]
    return found.text


async def call_and_hear(stage: Stage, *calls: tuple[str, str, str], limit_s: float = 15) -> None:
    """Have the endpoint call tools, and wait for the answer that follows."""
    stage.upstream.plan.append(calling(*calls))
    before = len(stage.all(ToolCallFinished))
    words = sum(len(item.words) for item in stage.history() if item.role == "assistant")
    stage.ask()
    await stage.shown(ToolCallFinished, before + len(set(calls)), limit_s)
    await stage.state(
        lambda: (
            stage.is_idle
            and sum(len(i.words) for i in stage.history() if i.role == "assistant") > words
        ),
        "the answer after the tool",
        limit_s,
    )


@tool(examples=["add {count}"])
def count_up(count: int = 1) -> str:
    """Count."""
    return f"counted {count}"


BAD_ARGUMENTS = (
    "", "not json", "[1, 2]", "null", "5", '"text"', "{", '{"count": "many"}', '{"count": null}',
    '{"count": [1]}', '{"other": 1}', '{"count": 1, "count": "x"}', '{"count": NaN}',
    '{"count": ' + "9" * 5_000 + "}", '{"count": "' + "x" * 1_000_000 + '"}', "[" * 50_000,
    '{"count": "\\ud800"}', '{"__class__": "x"}',
)  # fmt: skip


@case("P08", "arguments that are no JSON object, or 1 MB", "it says that it failed")
async def bad_arguments(stage: Stage) -> None:
    """The model gets a short error, and can try again."""
    await stage.open(tools=await stage.enter(toolbox(stage, count_up)))
    for number, arguments in enumerate(stage.random.sample(BAD_ARGUMENTS, 4)):
        await call_and_hear(stage, (f"c{number}", "count_up", arguments))
        assert len(output_of(stage, f"c{number}")) <= 1_000
    await call_and_hear(stage, ("good", "count_up", '{"count": 2}'))
    assert output_of(stage, "good") == "counted 2"


@case("P09", "a tool that does not exist", "it says that it failed")
async def unknown_tool(stage: Stage) -> None:
    """The model is told which tools there are."""
    await stage.open(tools=await stage.enter(toolbox(stage, count_up)))
    await call_and_hear(stage, ("c1", "nope", "{}"))
    assert "count_up" in output_of(stage, "c1")


def _deep(depth: int) -> int:
    return 1 + _deep(depth + 1)


def _raises(error: type[BaseException]) -> Callable[[], str]:
    def fails() -> str:
        """Fail."""
        raise error(f"{error.__name__} with sk-secretsecret")

    return fails


def _recurses() -> str:
    """Call itself for ever."""
    return str(_deep(0))


@case("P10", "a tool that raises, whatever it raises", "it says that it failed")
async def raising_tool(stage: Stage) -> None:
    """SystemExit, KeyboardInterrupt, recursion: the assistant goes on."""
    kinds = (ValueError, SystemExit, KeyboardInterrupt, MemoryError, GeneratorExit, StopIteration)
    functions = [tool(name=kind.__name__.lower())(_raises(kind)) for kind in kinds]
    functions.append(tool(name="recursion")(_recurses))
    stage.expected_errors = tuple(f"Tool {f.name}" for f in functions) + tuple(
        f"tool {f.name}" for f in functions
    )
    await stage.open(tools=await stage.enter(toolbox(stage, *functions)))
    for function in stage.random.sample(functions, 3):
        await call_and_hear(stage, (f"c_{function.name}", function.name, "{}"))
        output = output_of(stage, f"c_{function.name}")
        assert "Traceback" not in output and "secretsecret" not in output


@case("P11", "a tool of 30 s with a limit of 10 s", "“took too long”", speed=20)
async def slow_tool(stage: Stage) -> None:
    """Its late result is dropped."""
    over = threading.Event()
    done = []

    @tool
    def slow() -> str:
        """Take long."""
        over.wait(3)
        done.append(True)
        return "late result"

    await stage.open(tools=await stage.enter(toolbox(stage, slow)))
    stage.broken()
    await call_and_hear(stage, ("c1", "slow", "{}"), limit_s=30)
    assert "too long" in output_of(stage, "c1")
    over.set()
    await stage.state(lambda: done, "the late result", limit_s=60)
    await stage.ask_and_hear()
    assert "late result" not in output_of(stage, "c1")


@case("P12", "50 tools that never return", "further ones are refused politely", speed=20)
async def hanging_tools(stage: Stage) -> None:
    """The threads are bounded."""
    over = threading.Event()
    threads = threading.active_count()

    @tool(timeout_s=2)
    def hang() -> str:
        """Hang."""
        over.wait(60)
        return ""

    await stage.open(tools=await stage.enter(toolbox(stage, hang, count_up)))
    stage.expected_errors = ("Tool hang", "tool hang")
    try:
        for batch in range(5):
            calls = [(f"c{batch}_{n}", "hang", "{}") for n in range(10)]
            await call_and_hear(stage, *calls, limit_s=60)
        assert threading.active_count() - threads <= 16 + 8, "threads grow"
        await call_and_hear(stage, ("last", "count_up", "{}"))
        assert output_of(stage, "last") != "counted 1", "there was still room"
    finally:
        over.set()
    await stage.state(lambda: threading.active_count() - threads <= 8, "threads end", limit_s=60)


@case("P13", "a tool that returns 10 MB, bytes, a cycle", "a short summary")
async def odd_results(stage: Stage) -> None:
    """At most 16 kB go to the model."""
    cycle: list[Any] = []
    cycle.append(cycle)
    results = {"big": "x" * 10_000_000, "raw": b"\xff\x00" * 500, "cyclic": cycle, "odd": object()}
    functions = [tool(name=name)(_giving(result)) for name, result in results.items()]
    stage.expected_errors = tuple(f"{word} {n}" for n in results for word in ("Tool", "tool"))
    await stage.open(tools=await stage.enter(toolbox(stage, *functions)))
    for name in results:
        await call_and_hear(stage, (f"c_{name}", name, "{}"))
        assert len(output_of(stage, f"c_{name}").encode()) <= 17_000, name


def _giving(result: Any) -> Callable[[], Any]:
    def give() -> Any:
        """Give."""
        return result

    return give


@case("P14", "the same call five times, and after a reconnect", "one effect")
async def same_call(stage: Stage) -> None:
    """A call id has one effect and one output, whatever is repeated."""
    effects = []

    @tool
    def act() -> str:
        """Act."""
        effects.append(True)
        return "done"

    await stage.open(tools=await stage.enter(toolbox(stage, act)))
    repeats = stage.random.randint(2, 5)
    await call_and_hear(stage, *[("c1", "act", "{}")] * repeats)
    stage.broken()
    stage.proxy.reset()
    await stage.restored()
    stage.upstream.plan.append(calling(("c1", "act", "{}")))
    stage.ask()
    await stage.state(lambda: not stage.upstream.plan and stage.is_idle, "it is answered")
    assert len(effects) == 1, f"{len(effects)} effects of one call"


@case("P16", "a response that only calls a tool", "the answer after the tool")
async def tool_only(stage: Stage) -> None:
    """No sound ends the turn as well as sound does; a reset while the tool runs changes nothing."""
    release, effects = threading.Event(), []

    @tool
    def look() -> str:
        """Look."""
        effects.append(True)
        release.wait(15)
        return "seen"

    await stage.open(tools=await stage.enter(toolbox(stage, look)))
    stage.upstream.plan.append(calling(("c1", "look", "{}")))
    stage.ask()
    await stage.shown(ToolCallStarted)
    if stage.random.randint(0, 1):
        stage.broken()
        stage.proxy.reset()
        await stage.restored()
    else:
        await stage.state(lambda: stage.session.phase is Phase.WORKING, "it works")
    release.set()
    await stage.shown(ToolCallFinished)
    await stage.state(
        lambda: stage.is_idle and stage.history()[-1].role == "assistant", "the answer"
    )
    assert effects == [True]


@case("P17", "tools that compute: thread, coroutine, process", "the sound goes on", speed=1)
async def busy_tools(stage: Stage) -> None:
    """How late a tick of 20 ms comes beside each kind of tool; only a process must be good."""
    hogs = (hold_heavy, hold_thread, hold_loop)
    await stage.open(tools=await stage.enter(toolbox(stage, *hogs)))
    late_ms: dict[str, float] = {}
    for hog in hogs:
        ticking = asyncio.create_task(_tick(hog.name, late_ms), name="ticks")
        try:
            await call_and_hear(stage, (hog.name, hog.name, json.dumps({"seconds": 0.3})))
        finally:
            ticking.cancel()
            await asyncio.wait({ticking})
    stage.notes["late_ms"] = late_ms
    worst_ms = late_ms[hold_heavy.name]
    assert worst_ms <= LATE_LIMIT_MS, f"a tick came {worst_ms:.0f} ms late beside a heavy tool"
    await usual_again(stage)


async def _tick(name: str, late_ms: dict[str, float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + 0.02
        await asyncio.sleep(0.02)
        late_ms[name] = max(late_ms.get(name, 0.0), (loop.time() - due_s) * 1_000)


async def usual_again(stage: Stage) -> None:
    """Ask something plain."""
    stage.upstream.plan.append(usual)
    await stage.ask_and_hear()
