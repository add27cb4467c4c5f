"""Property 7: client and server back to back, with random delays, end with equal ledgers."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.two_cores import TwoCores, shown
from voice.core.client_inputs import Button, Started, UserPressed, UserTyped
from voice.core.updates import Interrupted
from voice.protocol.dialects import Dialect

STEPS = st.lists(
    st.sampled_from(["speak", "hush", "type", "interrupt", "wait", "wait long"]),
    min_size=3,
    max_size=25,
)


LOSSES = st.lists(
    st.sampled_from(["speak", "hush", "type", "interrupt", "wait", "wait long", "lose"]),
    min_size=3,
    max_size=25,
)


def told(ledger):
    """What both sides must agree on where there is something to tell a new session."""
    return [row for row in shown(ledger) if row[3] or row[4]]


def connected(seed, dialect=Dialect.GA):
    cores = TwoCores(seed, dialect)
    cores.feed(Started())
    cores.advance(320)
    return cores


def take(cores, step):
    match step:
        case "speak":
            cores.is_user_loud = True
            cores.advance(cores.rng.randint(40, 400))
        case "hush":
            cores.is_user_loud = False
            cores.advance(cores.rng.randint(100, 1_500))
        case "type":
            cores.feed(UserTyped("Tell me more."))
            cores.advance(cores.rng.randint(1, 600))
        case "interrupt":
            cores.feed(UserPressed(Button.INTERRUPT))
            cores.advance(cores.rng.randint(1, 100))
        case "lose":
            cores.lose()
            cores.advance(cores.rng.randint(1, 2_000))
        case "wait":
            cores.advance(cores.rng.randint(1, 300))
        case _:
            cores.advance(cores.rng.randint(500, 3_000))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), steps=STEPS)
@pytest.mark.timeout(60)
def test_both_sides_end_with_the_same_conversation(seed, steps):
    cores = connected(seed)
    for step in steps:
        take(cores, step)
    cores.settle()
    assert shown(cores.core.ledger) == shown(cores.server.ledger)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), steps=LOSSES)
@example(seed=310, steps=["wait", "type", "hush", "wait", "type"])  # lost amid a call
@pytest.mark.timeout(60)
def test_a_new_server_has_the_conversation_after_a_lost_connection(seed, steps):
    cores = connected(seed)
    for step in [*steps, "lose"]:
        take(cores, step)
    cores.settle()
    assert told(cores.core.ledger) == told(cores.server.ledger)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), steps=STEPS)
@pytest.mark.timeout(60)
def test_the_client_replays_from_its_log(seed, steps):
    cores = connected(seed)
    for step in steps:
        take(cores, step)
    assert cores.replays()


def test_what_the_user_did_not_hear_is_in_neither_memory():
    cores = connected(1)
    cores.feed(UserTyped("Tell me a long story."))
    while not cores.speaker.queued_ms:
        cores.advance(10)
    cores.advance(200)
    cores.feed(UserPressed(Button.INTERRUPT))
    cores.settle()
    (interrupted,) = cores.updates(Interrupted)[:1]
    answer = next(entry for entry in cores.server.ledger if entry.role == "assistant")
    assert answer.text == cores.core.ledger.entry(answer.item_id).text
    assert len(answer.text.split()) <= interrupted.heard_ms // 120
    assert answer.unheard_text


def test_a_beta_conversation_ends_equal_too():
    cores = connected(11, Dialect.BETA)
    cores.feed(UserTyped("Hello."))
    cores.settle()
    assert shown(cores.core.ledger) == shown(cores.server.ledger)
    assert len(cores.server.ledger) >= 2
