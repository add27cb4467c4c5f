import asyncio
import os

import pytest
import websockets

from tests.server.serving_kit import connect, engines, server, until
from voice.engines.ports import QueueState
from voice.server.load import (
    MAX_LOOP,
    MAX_UTILISATION,
    NEWCOMER_CORES,
    NEWCOMER_LOOP,
    RETRY_S,
    SAMPLE_S,
    WINDOW_S,
    LoadMeter,
    LoadWatch,
    percentile_95,
)

CORES = 2


class Watched:
    """A meter on an invented clock: so many cores busy, for so long."""

    def __init__(self):
        self.meter = LoadMeter(cores=CORES)
        self.now_s = 0.0
        self.cpu_s = self.loop_cpu_s = 0.0

    def run(self, seconds, *, cores=0.0, loop=0.0, late_s=0.0, wait_s=0.0):
        for _ in range(round(seconds / SAMPLE_S)):
            self.now_s += SAMPLE_S
            self.cpu_s += cores * SAMPLE_S
            self.loop_cpu_s += loop * SAMPLE_S
            self.meter.sample(
                self.now_s,
                cpu_s=self.cpu_s,
                loop_cpu_s=self.loop_cpu_s,
                late_s=late_s,
                wait_s=wait_s,
            )

    def has_room(self, sessions=10):
        return self.meter.has_room(self.now_s, sessions=sessions)


@pytest.fixture
def watched():
    return Watched()


def test_an_idle_server_has_room_before_the_first_look_and_after(watched):
    assert watched.has_room(sessions=0)
    watched.run(30)
    assert watched.has_room(sessions=500)


def test_cores_in_use_leave_no_room(watched):
    watched.run(20, cores=1.6)
    assert not watched.has_room()


def test_a_loop_that_works_most_of_the_time_leaves_no_room(watched):
    watched.run(20, cores=0.9, loop=0.7)
    assert not watched.has_room()


def test_a_short_burst_is_not_a_load(watched):
    watched.run(20, cores=0.4)
    watched.run(3, cores=2.0)
    assert watched.has_room()


def test_the_load_of_the_start_does_not_count_for_ever(watched):
    watched.run(3, cores=2.0)
    watched.run(WINDOW_S + 1, cores=0.1)
    assert watched.has_room()


def test_a_loop_that_wakes_late_leaves_no_room(watched):
    watched.run(20, cores=0.5, late_s=0.2)
    assert not watched.has_room()


def test_one_late_wake_is_forgiven(watched):
    watched.run(20, cores=0.5)
    watched.run(SAMPLE_S, cores=0.5, late_s=2.0)
    assert watched.has_room()


def test_one_late_wake_just_after_the_start_is_forgiven(watched):
    watched.run(SAMPLE_S, cores=0.5, late_s=2.0)
    assert watched.has_room()
    watched.run(SAMPLE_S, cores=0.5, late_s=2.0)
    assert not watched.has_room()


def test_long_waits_for_an_engine_leave_no_room(watched):
    watched.run(20, cores=0.5, wait_s=0.4)
    assert not watched.has_room()


def test_an_empty_server_lets_one_in_whatever_it_measured(watched):
    watched.run(20, cores=2.0, late_s=1.0)
    assert watched.has_room(sessions=0)


def test_after_a_refusal_the_load_must_fall_clearly_before_the_next_is_let_in(watched):
    watched.run(20, cores=1.52)
    assert not watched.has_room()
    watched.run(20, cores=1.45)
    assert not watched.has_room()
    watched.run(20, cores=1.2)
    assert watched.has_room()
    watched.run(20, cores=1.45)
    assert watched.has_room()


def test_a_crowd_at_the_door_is_not_let_in_at_once(watched):
    watched.run(20)
    count = 0
    while watched.has_room() and count < 500:
        watched.meter.came(count, watched.now_s)
        count += 1

    by_cores, by_loop = MAX_UTILISATION * CORES / NEWCOMER_CORES, MAX_LOOP / NEWCOMER_LOOP
    assert count == pytest.approx(min(by_cores, by_loop), abs=1)


def test_newcomers_count_less_as_their_own_load_shows(watched):
    for number in range(100):
        watched.meter.came(number, watched.now_s)
    assert not watched.has_room()
    watched.run(WINDOW_S, cores=0.5)
    assert watched.has_room()


def test_who_comes_and_goes_leaves_no_load_behind(watched):
    for number in range(1_000):
        watched.meter.came(number, watched.now_s)
        watched.meter.left(number)

    assert watched.meter.load(watched.now_s).worst == 0.0


async def test_the_watch_sees_who_waits_for_an_engine():
    class Stuck:
        name = "stuck engine"

        def state(self):
            return QueueState(waiting=5, running=1, longest_wait_s=3.0)

    watch = LoadWatch()
    assert watch.has_room(sessions=1)
    async with watch.watching([Stuck()]):
        await until(lambda: not watch.has_room(sessions=1))

    assert watch.has_room(sessions=0)


def test_the_95th_percentile_is_by_nearest_rank():
    assert percentile_95([]) == 0.0
    assert percentile_95([3.0]) == 3.0
    assert percentile_95([float(n) for n in range(1, 101)]) == 95.0


async def test_a_newcomer_to_a_busy_server_is_told_when_to_come_back_and_those_inside_go_on():
    async with server(engines(heard=["hello"], replies=["Yes."])) as running:
        async with connect(running) as inside:
            await inside.until("session.created")
            for number in range(200):
                running.state.load.came(number)

            with pytest.raises(websockets.InvalidStatus) as refusal:
                async with connect(running):
                    pass
            answer = refusal.value.response

            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == str(RETRY_S)
            assert b'"busy"' in answer.body
            await inside.say("hello")
            await inside.until("response.done")
        await until(lambda: not running.state.connections)
        async with connect(running) as alone:
            await alone.until("session.created")


async def test_admission_by_count_asks_for_no_load():
    async with server(admits_by_load=False) as running, connect(running) as inside:
        await inside.until("session.created")
        for number in range(200):
            running.state.load.came(number)

        async with connect(running) as newcomer:
            await newcomer.until("session.created")


async def test_two_hundred_sessions_that_talk_and_leave_leave_nothing_behind():
    async with server(engines(replies=[])) as running:
        tasks_before = files_before = None
        for number in range(200):
            async with connect(running) as client:
                await client.until("session.created")
                await client.say("hello")
                await client.until("response.done")
            if number == 0:
                await until(lambda: not running.state.connections)
                tasks_before, files_before = len(asyncio.all_tasks()), open_files()
        await until(lambda: not running.state.connections)
        await until(lambda: len(asyncio.all_tasks()) <= tasks_before)
        await until(lambda: open_files() <= files_before)


def open_files():
    return len(os.listdir("/dev/fd"))
