"""One wish beside its reason, told over several clauses, or with a word misheard."""

from __future__ import annotations

import json

import pytest

from tools import Registry, discover
from voice.engines.offline_brain import OfflineBrain
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallDelta


@pytest.fixture
async def calls(vectors, tmp_path):
    """Return a function from what is said to the calls, as (name, arguments)."""
    registry = Registry(data_dir=tmp_path)
    for tool, source in discover(None).tools:
        if not tool.opt_in:
            registry.add(tool, source)
    offered = tuple(
        BrainTool(s.name, s.description, s.parameters, s.examples) for s in registry.specs()
    )
    brain = OfflineBrain(vectors)

    async def said(text: str) -> list[tuple[str, dict[str, object]]]:
        request = BrainRequest("", (BrainMessage("user", text),), tools=offered)
        deltas = [d async for d in brain.respond(request)]
        found = [d.call for d in deltas if isinstance(d, CallDelta)]
        return [(call.name, json.loads(call.arguments)) for call in found]

    yield said
    await brain.close()


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("The kettle's broken, so tell me when six minutes are up.", "set_timer",
         {"duration": "6 minutes"}),
        ("Stop the timer because the bread is out already.", "cancel_timer", {"kind": "timer"}),
        ("I've a train to catch, so wake me at five.", "set_alarm", {"time": "5:00"}),
        ("My uncle moved to Madrid, what's the time over there?", "get_time", {"place": "Madrid"}),
    ],
)  # fmt: skip
async def test_the_wish_is_found_beside_its_reason(calls, said, name, arguments):
    assert await calls(said) == [(name, arguments)]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("We have no rice left, put some on the list.", "add_to_list", {"item": "rice"}),
        ("We don't need candles any more, take them off the list.", "remove_from_list",
         {"item": "candles"}),
        ("The laundry takes two hours, so set a timer for that.", "set_timer",
         {"duration": "2 hours"}),
    ],
)  # fmt: skip
async def test_what_it_and_some_mean_is_told_before(calls, said, name, arguments):
    (called,) = await calls(said)

    assert called[0] == name
    assert arguments.items() <= called[1].items()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Is it called outside?", "get_weather"),
        ("A band in the job.", "cancel_job"),
        ("What are nine leaders in gallons?", "convert_units"),
    ],
)
async def test_a_misheard_word_is_read_by_its_sound(calls, said, name):
    assert [call[0] for call in await calls(said)] == [name]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("That alarm for eight, get rid of it.", "cancel_timer", {"kind": "alarm"}),
        ("Forget the lemons, take them off my list.", "remove_from_list", {"item": "lemons"}),
        ("We're flying to Lisbon on Monday, what will the weather be like there?", "get_weather",
         {"city": "Lisbon"}),
    ],
)  # fmt: skip
async def test_an_order_may_point_to_what_was_named_before(calls, said, name, arguments):
    (called,) = await calls(said)

    assert called[0] == name
    assert arguments.items() <= called[1].items()


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Add onions, garlic and a tin of tomatoes to my shopping list.", "add_to_list",
         {"item": "onions, garlic and a tin of tomatoes"}),
        ("Draw me a castle by the sea, in pencil.", "generate_image",
         {"description": "castle by the sea, in pencil"}),
        ("Add rice, we have none left.", "add_to_list", {"item": "rice"}),
        ("Add honey to the list, the kids are hungry.", "add_to_list", {"item": "honey"}),
        ("Give me the current time in India please.", "get_time", {"place": "India"}),
    ],
)  # fmt: skip
async def test_what_goes_on_is_kept_and_what_tells_is_left(calls, said, name, arguments):
    (called,) = await calls(said)

    assert called[0] == name
    assert arguments.items() <= called[1].items()


@pytest.mark.parametrize(
    "said",
    [
        "I have not got everything on the list.",
        "We haven't bought everything on the list.",
        "I am not done with the list.",
        "I've got everything on my list except milk.",
        "She is finished with the shopping list.",
        "We have not run out of bread.",
        "I don't want you to set an alarm for six.",
        "I never said that I was out of flour.",
        "What happens if I delete my shopping list?",
        "What would you do if I told you to cancel all my alarms?",
        "So she said to him, cancel all of them, and he did.",
    ],
)
async def test_what_is_denied_is_not_done(calls, said):
    assert await calls(said) == []


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("I don't need an alarm for seven.", "cancel_timer", {"kind": "alarm", "which": "seven"}),
        ("I don't want milk on the list.", "remove_from_list", {"item": "milk"}),
        ("I don't want you to forget my birthday.", "remember", {"fact": "my birthday"}),
        ("Remember that I do not like fish.", "remember", {"fact": "I do not like fish"}),
        ("Why not set a timer for ten minutes?", "set_timer", {"duration": "10 minutes"}),
    ],
)
async def test_a_not_belongs_to_its_wish(calls, said, name, arguments):
    assert await calls(said) == [(name, arguments)]


@pytest.mark.parametrize(
    "said",
    [
        "Do I have butter on my list?",
        "Is honey on my shopping list?",
        "Have we got onions on the shopping list?",
    ],
)
async def test_asking_for_a_thing_on_a_list_does_not_add_it(calls, said):
    assert {name for name, _ in await calls(said)} <= {"read_list"}


async def test_two_wishes_are_still_two(calls):
    found = await calls("Set a timer for four minutes and add salt to my list.")

    assert [name for name, _ in found] == ["set_timer", "add_to_list"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Turn the volume up by twelve percent.", "change_volume"),
        ("Turn the volume up to twelve percent.", "set_volume"),
        ("It's a bit too loud for me.", "change_volume"),
        ("Cancel all the alarms.", "cancel_all_timers"),
        ("Cancel the alarm.", "cancel_timer"),
        ("Do I have any timers at the moment?", "list_timers"),
        ("Would it be possible to add vinegar to the list?", "add_to_list"),
        ("You can cross out the lentils.", "remove_from_list"),
    ],
)
async def test_small_words_tell_one_tool_from_another(calls, said, name):
    assert [call[0] for call in await calls(said)] == [name]


@pytest.mark.parametrize(
    "said",
    [
        "Sing me a lullaby about the moon.",
        "My brother was late, his alarm never rang.",
        "I was so tired, I slept for nine hours.",
        "How far is it to the station?",
        "They painted the picture last year, didn't they?",
        "It snowed in Rome, would you believe it?",
        "This takes me back to my school days.",
    ],
)
async def test_what_asks_for_nothing_calls_nothing(calls, said):
    assert await calls(said) == []
