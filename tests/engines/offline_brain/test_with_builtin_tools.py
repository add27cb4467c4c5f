"""The offline brain over the tools that ship, each call really run."""

import importlib
import pkgutil

import pytest

import tools.builtin
from tests.engines.offline_brain.phrasings import NON_REQUESTS
from tests.engines.offline_brain.said_by_others import SAID_BY_OTHERS
from tests.engines.offline_brain.spoken import NOT_FOR_TOOLS, SPOKEN
from tools.loading import tools_in
from tools.registry import Registry
from tools.testing import ManualClock
from voice.engines.offline_brain import OfflineBrain
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallDelta, CallRequest

ALSO_RIGHT = {"cancel_all_timers": "cancel_timer"}
ABOUT_WEATHER = (
    "What's the weather like on Mars?",
    "What's the weather tomorrow?",
    "What will the temperature be on Friday?",
)
STATELESS = {"get_time", "get_date", "set_timer", "set_alarm", "calculate", "convert_units",
             "add_to_list", "take_note", "set_volume", "change_volume"}  # fmt: skip


@pytest.fixture
async def registry(tmp_path):
    made = Registry(data_dir=tmp_path, clock=ManualClock())
    for module in pkgutil.iter_modules(tools.builtin.__path__):
        for tool in tools_in(importlib.import_module(f"tools.builtin.{module.name}")):
            if made.source(tool.name) is None:
                made.add(tool, module.name)
    async with made:
        yield made


@pytest.fixture
def offered(registry) -> tuple[BrainTool, ...]:
    return tuple(
        BrainTool(s.name, s.description, s.parameters, s.examples) for s in registry.specs()
    )


async def calls_for(brain, offered, said: str) -> list[CallRequest]:
    request = BrainRequest("", (BrainMessage("user", said),), tools=offered)
    return [d.call async for d in brain.respond(request) if isinstance(d, CallDelta)]


async def test_spoken_wishes_run_the_right_tool(vectors, registry, offered):
    brain = OfflineBrain(vectors)
    right, wrong, failed = 0, [], []

    for said, expected in SPOKEN:
        calls = await calls_for(brain, offered, said)
        names = [ALSO_RIGHT.get(call.name, call.name) for call in calls]
        right += names == [expected]
        if names and names != [expected]:
            wrong.append((said, names))
        if names == [expected] and expected in STATELESS:
            outcome = await registry.call(calls[0].name, calls[0].arguments)
            failed += [(said, calls[0].arguments)] if outcome.is_error else []

    assert right >= 0.88 * len(SPOKEN)
    assert len(wrong) <= 0.02 * len(SPOKEN), wrong
    assert len(failed) <= 0.02 * len(SPOKEN), failed
    await brain.close()


async def test_talk_that_asks_for_nothing_runs_nothing(vectors, offered):
    brain = OfflineBrain(vectors)
    talk = [s for s in NOT_FOR_TOOLS + NON_REQUESTS if s not in ABOUT_WEATHER]
    ran = [s for s in talk if await calls_for(brain, offered, s)]

    assert len(ran) <= 0.02 * len(talk), ran
    await brain.close()


async def test_the_weather_is_a_wish_now_that_there_is_a_tool_for_it(vectors, offered):
    brain = OfflineBrain(vectors)
    for said in ABOUT_WEATHER:
        assert [call.name for call in await calls_for(brain, offered, said)] == ["get_weather"]
    await brain.close()


async def test_other_peoples_wishes_run_the_right_tool(vectors, offered):
    brain = OfflineBrain(vectors)
    called = [
        (
            said,
            expected,
            [ALSO_RIGHT.get(c.name, c.name) for c in await calls_for(brain, offered, said)],
        )
        for said, expected in SAID_BY_OTHERS
    ]

    right = [said for said, expected, names in called if names == [expected]]
    wrong = [entry for entry in called if entry[2] and entry[2] != [entry[1]]]
    assert len(right) >= 0.88 * len(called), called
    assert len(wrong) <= 0.02 * len(called), wrong
    await brain.close()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("What is my locker code?", ["recall"]),
        ("What is love?", []),
        ("What's your favourite colour?", []),
        ("Oops, I didn't mean that, undo it please.", ["undo_last"]),
        ("Half volume please.", ["set_volume"]),
    ],
)
async def test_small_words_and_repetitions_decide(vectors, offered, said, expected):
    brain = OfflineBrain(vectors)

    assert [call.name for call in await calls_for(brain, offered, said)] == expected
    await brain.close()
