"""The whole product, hands free, on a virtual sound card: ``python -m benchmarks.hands_free``.

JACK's dummy card stands in a simulated room; on it runs what ``voice talk`` runs, with our own
server as its child process, real voice detector, recogniser and synthesiser, in real time. Each
series takes less than ten minutes; each figure stands beside its target. A case during which the
card itself lost periods is repeated, since neither its samples nor its times can be right. Exit
status 1 where a target is missed, 2 where there is no virtual card.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from benchmarks.answering import answering
from benchmarks.card_cases import Answer, agreed_to, answer_alone, interrupted, some_room
from benchmarks.card_room import CardInRoom
from benchmarks.card_talk import Talk, talking
from benchmarks.client_cpu import MOST_CPU, cpu_share
from benchmarks.echo_corpus import ANSWERS, Corpus, build
from benchmarks.sound_delays import TO_DAC_MS, TO_WIRE_MS, Delays, latency
from benchmarks.virtual_card import NoVirtualCard
from voice.audio.pcm import Pcm, resample
from voice.audio.ports import BLOCK_MS, RATE_HZ
from voice.engines.stt import MoonshineStt

SERIES = ("answers", "barge-ins", "backchannels", "latency", "cpu")
ROOMS = 10
"""Conversations of a series, each in a room of its own, with a canceller that knows nothing."""

LEADS_MS = (60, 150, 250, 400)
"""Silences before a clip that is read alone."""

REPEATS = 2
_PAIRS = tuple(f"{one} {two}" for one, two in zip(ANSWERS, ANSWERS[1:] + ANSWERS[:1], strict=True))
"""Answers that are long enough to be interrupted anywhere."""

Case = Callable[[Talk, str, int, random.Random], Awaitable[Answer]]
Row = tuple[str, float | str, str, bool]
"""What was measured, the figure, its target in words, and whether it is met."""


async def hold(
    answers: Sequence[str], case: Case, count: int, seed: int, *, repeats: int = REPEATS
) -> list[Answer]:
    """Run ``count`` cases in up to ten rooms, one conversation each, and print a line for each.

    A case on a starved card is repeated up to ``repeats`` times. Raises NoVirtualCard.
    """
    dice = random.Random(seed)
    rooms = min(ROOMS, max(1, count // 2))
    found: list[Answer] = []
    with answering(answers) as brain_url, CardInRoom() as card:
        for number in range(rooms):
            room, name = some_room(dice)
            numbers = range(number * count // rooms, (number + 1) * count // rooms)
            async with talking(card, brain_url) as talk:
                card.enter(room)
                for case_number in numbers:
                    # Each its own: a case that is repeated must not change those after it.
                    of_case = random.Random(f"{seed} {case_number}")
                    found.append(await _steady(case, talk, name, case_number, of_case, repeats))
                    print(_line(len(found), found[-1]), flush=True)
    return found


async def _steady(
    case: Case, talk: Talk, room: str, number: int, dice: random.Random, repeats: int
) -> Answer:
    """Run a case, again where the card starved meanwhile."""
    for _ in range(repeats):
        answer = await case(talk, room, number, dice)
        if not answer.xruns:
            return answer
        print(f"    the card lost {answer.xruns} periods: once more", flush=True)
    return await case(talk, room, number, dice)


async def answers(count: int, seed: int) -> list[Answer]:
    """Answers that nobody interrupts."""

    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await answer_alone(talk, room)

    return await hold(ANSWERS, case, count, seed)


async def barge_ins(count: int, seed: int) -> list[Answer]:
    """Interruptions in earnest over our own voice."""
    corpus, alone = await _corpus(seed, count)

    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await interrupted(talk, room, corpus.interruptions[number], dice, alone[number])

    return await hold(_PAIRS, case, count, seed)


async def backchannels(count: int, seed: int) -> list[Answer]:
    """Hums, agreement, coughs and doors over our own voice."""
    corpus = await build(seed, count=count)

    async def case(talk: Talk, room: str, number: int, dice: random.Random) -> Answer:
        return await agreed_to(talk, room, corpus.backchannels[number], dice)

    return await hold(ANSWERS, case, count, seed)


async def _corpus(seed: int, count: int) -> tuple[Corpus, list[tuple[str, ...]]]:
    """Return what is said, and what the recogniser makes of the interruptions alone.

    It reads some clips differently with a little more silence before them, so that is tried too.
    """
    corpus = await build(seed, count=max(count, 22))
    stt = MoonshineStt()
    try:
        alone = []
        for person in corpus.interruptions[:count]:
            readings = []
            for lead_ms in LEADS_MS:
                lead, tail = (np.zeros(RATE_HZ * ms // 1_000, np.int16) for ms in (lead_ms, 250))
                pcm: Pcm = np.concatenate([lead, person.pcm, tail])
                readings.append((await stt.transcribe(resample(pcm, RATE_HZ, 16_000))).text)
            alone.append(tuple(readings))
    finally:
        stt.close()
    return corpus, alone


def rows_of_answers(found: Sequence[Answer]) -> list[Row]:
    """Return the figures of ``answers``."""
    cut = sum(answer.is_interrupted for answer in found)
    broken = sum(
        a.joins is not None and not a.joins.is_whole for a in found if not a.is_interrupted
    )
    return [
        (
            f"self-interruptions in {len(found)} answers",
            cut,
            "<= 1",
            cut <= max(1, len(found) // 50),
        ),
        ("false pauses", sum(len(answer.pauses) for answer in found), "", True),
        ("answers with a lost or doubled sample", broken, "0", broken == 0),
        _starved(found),
    ]


def rows_of_barge_ins(found: Sequence[Answer]) -> list[Row]:
    """Return the figures of ``barge_ins``."""
    caught = [answer for answer in found if answer.silence_ms is not None]
    silences = [answer.silence_ms for answer in caught if answer.silence_ms is not None]
    verdicts = [answer.verdict_ms for answer in caught if answer.verdict_ms is not None]
    least = len(found) * 48 // 50
    p50, p95 = _quantile(silences, 50), _quantile(silences, 95)
    judged = _quantile(verdicts, 50)
    whole = [answer.words for answer in caught]
    said = max(1, sum(all_ for _, all_ in whole))
    share = 100 * sum(have for have, _ in whole) / said
    at_best = 100 * sum(answer.words_alone for answer in caught) / said
    return [
        (
            f"interruptions caught, of {len(found)}",
            len(caught),
            f">= {least}",
            len(caught) >= least,
        ),
        ("onset to silence on the speaker, p50 ms", p50, "<= 120", p50 <= 120),
        ("onset to silence on the speaker, p95 ms", p95, "<= 250", p95 <= 250),
        ("onset to the verdict, p50 ms", judged, "<= 500", judged <= 500),
        ("onset to the verdict, p95 ms", _quantile(verdicts, 95), "", True),
        ("words that arrived at the endpoint, %", round(share, 1), ">= 90", share >= 90),
        ("of the same words without our voice, %", round(at_best, 1), "", True),
        ("turns with every word", sum(have == all_ for have, all_ in whole), "", True),
        _starved(found),
    ]


def rows_of_backchannels(found: Sequence[Answer]) -> list[Row]:
    """Return the figures of ``backchannels``."""
    went_on = [answer for answer in found if not answer.is_interrupted]
    least = len(found) * 40 // 50
    broken = sum(answer.joins is None or not answer.joins.is_whole for answer in went_on)
    paused = [answer for answer in went_on if answer.pauses]
    return [
        (
            f"answers that went on, of {len(found)}",
            len(went_on),
            f">= {least}",
            len(went_on) >= least,
        ),
        ("of them paused meanwhile", len(paused), "", True),
        ("of them with a lost or doubled sample", broken, "0", broken == 0),
        _starved(found),
    ]


def rows_of_latency(found: Delays) -> list[Row]:
    """Return the figures of ``latency``: what the product adds to the card's own delays."""
    rows: list[Row] = []
    for name, values, limit_ms in (
        ("microphone to wire", found.to_wire_ms, TO_WIRE_MS),
        ("wire to DAC, an answer in one piece", found.at_once_ms, TO_DAC_MS),
        ("… in 10 ms pieces, beyond the jitter target", found.beyond_target_ms, BLOCK_MS),
    ):
        for percent, target_ms in ((50, limit_ms), (95, limit_ms)):
            figure = _quantile(values, percent)
            title = f"{name}, p{percent} ms"
            rows.append((title, figure, f"<= {target_ms}", figure <= target_ms))
    in_all = _quantile(found.in_pieces_ms, 95)
    rows.append(("… in 10 ms pieces, with the jitter target, p95 ms", in_all, "", True))
    rows.append(("periods that the card lost", found.xruns, "", True))
    return rows


def rows_of_cpu(percent: float, sounding: float) -> list[Row]:
    """Return the figures of ``cpu``."""
    return [
        ("CPU of voice talk, % of one core", percent, "<= 15", percent <= MOST_CPU),
        ("time in which our voice sounded, %", sounding, ">= 50", sounding >= 50),
    ]


def _starved(found: Sequence[Answer]) -> Row:
    return ("cases during which the card lost periods", sum(a.xruns > 0 for a in found), "", True)


def _quantile(values: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1) if values else float("nan")


def _line(number: int, answer: Answer) -> str:
    words = f"{answer.words[0]}/{answer.words[1]} words" if answer.wanted else ""
    parts = [
        f"{number:3}",
        answer.room,
        answer.name,
        "interrupted" if answer.is_interrupted else "went on",
        "" if answer.silence_ms is None else f"silent after {answer.silence_ms:.0f} ms",
        "" if answer.verdict_ms is None else f"judged after {answer.verdict_ms:.0f} ms",
        words if not words or answer.words[0] == answer.words[1] else f"{words} {answer.arrived!r}",
        "" if answer.joins is None or answer.joins.is_whole else str(answer.joins),
        " ".join(answer.pauses),
        " ".join(answer.verdicts),
        f"{answer.xruns} xruns" if answer.xruns else "",
    ]
    return " | ".join(part for part in parts if part)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines: figures beside their targets."""
    return "\n".join(
        f"{name:46} {figure!s:>8}   {target}{'' if is_met else '   MISSED'}"
        for name, figure, target, is_met in rows
    )


async def measure(series: str, count: int, seed: int) -> list[Row]:
    """Run one series and return its figures. Raises NoVirtualCard."""
    match series:
        case "answers":
            return rows_of_answers(await answers(count, seed))
        case "barge-ins":
            return rows_of_barge_ins(await barge_ins(count, seed))
        case "backchannels":
            return rows_of_backchannels(await backchannels(count, seed))
        case "latency":
            return rows_of_latency(await latency(count))
        case "cpu":
            return rows_of_cpu(*await cpu_share())
    raise ValueError(series)


def main() -> int:
    """Run the chosen series; 1 where a target is missed, 2 without a virtual card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--series", choices=SERIES, help="one of them alone")
    parser.add_argument("--count", type=int, default=50, help="cases of a series")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_met = True
    for series in [options.series] if options.series else SERIES:
        print(f"{series}:", flush=True)
        try:
            rows = asyncio.run(measure(series, options.count, options.seed))
        except NoVirtualCard as error:
            print(error, file=sys.stderr)
            return 2
        print(table(rows), flush=True)
        is_met = is_met and all(row[3] for row in rows)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
