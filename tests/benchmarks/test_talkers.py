"""The load generator must be a correct client, or its figures mean nothing."""

import asyncio
import math

import pytest

from benchmarks.talkers import Refused, Talker, Turn, make_script
from tests.server.serving_kit import WAIT_S, engines, server, until

TOKEN = "bench"


@pytest.fixture(scope="module")
def script():
    return make_script(chunk_ms=100)


def test_a_turn_without_audio_waited_for_ever():
    assert Turn(talker=0, speech_end_s=1.0).wait_ms == math.inf
    assert Turn(0, 1.0, first_audio_s=1.25).wait_ms == 250


def test_a_question_ends_where_the_fixture_says_its_speech_ends(script):
    first = script.questions[0]
    assert 0.5 < first.speech_end_s <= len(first.frames) * 0.1


async def test_a_talker_is_answered_and_times_it_from_the_end_of_its_speech(script):
    bundle = engines(heard=["hello who are you"] * 50)
    async with server(bundle, token=None) as running:
        talker = Talker(0, running.url, TOKEN, script)
        await talker.open()
        talking = asyncio.create_task(talker.talk())
        async with asyncio.timeout(WAIT_S):
            await until(lambda: talker.turns and talker.turns[0].ended_s)
        talking.cancel()
        await asyncio.wait({talking})

    turn = talker.turns[0]
    assert 0 < turn.wait_ms < 2_000
    assert turn.ended_s >= turn.first_audio_s


async def test_a_refused_talker_knows_when_to_come_back(script):
    async with server(max_sessions=1) as running:
        inside = Talker(0, running.url, TOKEN, script)
        await inside.open()
        with pytest.raises(Refused) as refusal:
            await Talker(1, running.url, TOKEN, script).open()
        await inside.hang_up()

    assert refusal.value.status == 503
    assert int(refusal.value.retry_after) > 0
