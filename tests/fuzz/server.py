"""Mutated client events against the embedded server: ``make fuzz-server``.

``python -m tests.fuzz.server --events 1000000 --seed 1`` gives the server so many frames:
most to its codec and core directly, a share over real sockets to a real server. It says what
became of each kind of mutation and ends with 1 where something did not hold, naming the seed and
the event. ``--replay SEED:INDEX`` runs that conversation again and prints the shortest story that
still breaks.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.fuzz.checks import Violation
from tests.fuzz.conversation import Conversation, Neighbour, Step
from tests.fuzz.memory import MemoryTrend
from tests.fuzz.replay import shortest, told
from voice.errors import VoiceError

SOCKET_SHARE = 50
"""One event in so many goes over a socket."""

LONG_EVERY = 60
LONG_EVENTS = 6_000
"""Now and then a conversation is long enough to lose its oldest items."""

MEASUREMENTS = 8
"""Of memory along a run; each collects all garbage first, which takes a fifth of a second."""

Say = Callable[[str], object]


@dataclass(slots=True)
class Outcome:
    """What became of all the events of a run."""

    events: int = 0
    conversations: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class BrokenAt(Exception):
    """Something did not hold; says where, so that it can be played again."""

    def __init__(self, seed: int, index: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}\nplay it again: --replay {seed}:{index}")


def lengths(seed: int, events: int) -> Iterator[int]:
    """Yield the length of each conversation of a run."""
    left, number = events, 0
    rng = random.Random(f"{seed}/lengths")
    while left > 0:
        number += 1
        wanted = LONG_EVENTS if number % LONG_EVERY == 0 else rng.randint(20, 600)
        length = min(wanted, left)
        left -= length
        yield length


def fuzz_core(seed: int, events: int, *, say: Say = lambda _: None) -> tuple[Outcome, MemoryTrend]:
    """Fuzz codec and core; raises BrokenAt for the first thing that does not hold."""
    outcome, memory = Outcome(), MemoryTrend()
    neighbour = Neighbour()
    begun, said = time.perf_counter(), 0
    for number, length in enumerate(lengths(seed, events)):
        _converse(seed, number, length, outcome)
        try:
            neighbour.take_a_turn()
        except Exception as error:
            raise BrokenAt(seed, outcome.events, error) from error
        if outcome.events - said >= max(events // MEASUREMENTS, 1):
            said = outcome.events
            memory.measure(outcome.events)
            rate = outcome.events / (time.perf_counter() - begun)
            say(f"  {outcome.events:>9,} events  {rate:>6,.0f}/s  {memory.newest}")
    return outcome, memory


def _converse(seed: int, number: int, length: int, outcome: Outcome) -> None:
    conversation = Conversation(f"{seed}/{number}")
    outcome.conversations += 1
    try:
        for _ in range(length):
            conversation.step()
            outcome.events += 1
        conversation.finish()
    except Exception as error:
        raise BrokenAt(seed, outcome.events, error) from error
    outcome.kinds += conversation.kinds
    outcome.errors += conversation.session.checks.errors


def replay(seed: int, index: int, *, say: Say) -> bool:
    """Run the conversation that holds the event again; say what breaks it, if anything does."""
    number, length = _place(seed, index)
    conversation = Conversation(f"{seed}/{number}")
    try:
        for _ in range(length):
            conversation.step()
        conversation.finish()
    except Exception as error:
        say(f"conversation {number} of seed {seed} breaks: {type(error).__name__}: {error}")
        log: list[Step] = shortest(conversation.log, conversation.first_dialect, error)
        say(told(log))
        return True
    say(f"conversation {number} of seed {seed} holds")
    return False


def _place(seed: int, index: int) -> tuple[int, int]:
    """Return the conversation that an event of a run belongs to, and its length."""
    before = 0
    for number, length in enumerate(lengths(seed, sys.maxsize)):
        before += length
        if index <= before:
            return number, length
    raise AssertionError("a run of this many events never ends")


def report(outcome: Outcome, memory: MemoryTrend, took_s: float) -> str:
    """Return the tables."""
    lines = [f"{'mutation':<20}{'taken':>10}{'refused':>10}"]
    for kind in sorted({kind for kind, _ in outcome.kinds}):
        taken, refused = outcome.kinds[kind, "taken"], outcome.kinds[kind, "refused"]
        lines.append(f"{kind:<20}{taken:>10,}{refused:>10,}")
    lines += ["", f"{'error':<46}{'times':>10}"]
    lines += [f"{code:<46}{count:>10,}" for code, count in outcome.errors.most_common()]
    rate = outcome.events / took_s
    lines += [
        "",
        f"core: {outcome.events:,} events in {outcome.conversations:,} conversations, "
        f"{took_s:.0f} s, {rate:,.0f} events/s: everything held",
        f"memory: {memory}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Fuzz from the command line."""
    parser = argparse.ArgumentParser(description="Fuzz the embedded server.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", metavar="SEED:INDEX")
    options = parser.parse_args()

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    if options.replay:
        seed, _, index = options.replay.partition(":")
        sys.exit(1 if replay(int(seed), int(index), say=say) else 0)
    sys.exit(_run(options.seed, options.events, say))


def _run(seed: int, events: int, say: Say) -> int:
    from tests.fuzz.sockets import fuzz_sockets

    over_sockets = events // SOCKET_SHARE
    say(f"seed {seed}: {events - over_sockets:,} events to the core, {over_sockets:,} by socket")
    begun = time.perf_counter()
    try:
        outcome, memory = fuzz_core(seed, events - over_sockets, say=say)
        say(report(outcome, memory, time.perf_counter() - begun))
        gc.collect()
        say(str(asyncio.run(fuzz_sockets(seed, over_sockets))))
    except (BrokenAt, Violation, VoiceError) as error:
        say(f"BROKEN {error}")
        return 1
    if not memory.is_flat:
        say("BROKEN memory grows")
        return 1
    return 0


if __name__ == "__main__":
    main()
