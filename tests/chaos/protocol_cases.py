"""P01 to P07, P15 and P16: the endpoint says what it should not, or in another order."""

from __future__ import annotations

import json

from tests.chaos.cases import Cases
from tests.chaos.numbered import numbers_of
from tests.chaos.stage import Stage
from tests.chaos.upstream import Talk, usual
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    ErrorReported,
    Interrupted,
    ResponseFinished,
    UserSpeechStarted,
    WarningIssued,
)
from voice.protocol.server_events import ServerEvent
from voice.testing import events

cases = Cases()
case = cases.case


@case("P01", "200 unknown events", "nothing")
async def unknown_events(stage: Stage) -> None:
    """Each type is told of once, and the conversation goes on."""
    await stage.open()
    kinds = [f"x.invented_{stage.random.randint(0, 40)}" for _ in range(200)]

    async def answer(talk: Talk) -> None:
        for kind in kinds:
            await talk.peer.send_raw(json.dumps({"type": kind, "n": [1, {"a": None}]}))
        await usual(talk)

    stage.upstream.plan.append(answer)
    await stage.ask_and_hear()
    told = [update for update in stage.all(WarningIssued) if update.code == "unknown_event"]
    assert len(told) == len(set(kinds)), f"{len(told)} warnings of {len(set(kinds))} types"


GARBAGE: tuple[str | bytes, ...] = (
    "", "{", "null", "[]", "1", '"text"', b"\x00\x01binary", "{}", '{"type": 5}',
    '{"type": "response.done"}', '{"type": "error", "error": "x"}', "[" * 5_000 + "]" * 5_000,
    '{"type": "session.updated", "session": ' + '{"a": ' * 500 + "1" + "}" * 501,
    '{"type": "response.done", "response": NaN}', '{"type": "x", "n": ' + "9" * 5_000 + "}",
    '{"type": "a", "type": "response.created"}', '{"type": "\\ud800"}',
    '{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", '
    '"output_index": 0, "content_index": 0, "delta": "!!!"}',
)  # fmt: skip


@case("P02", "bad JSON, binary, deep, NaN", "nothing; a flood: a reconnect")
async def bad_frames(stage: Stage) -> None:
    """One bad frame never ends a session; more than 20 in 10 s cost the connection."""
    await stage.open()
    chosen = stage.random.sample(GARBAGE, 12)

    async def some(talk: Talk) -> None:
        for frame in chosen:
            await talk.peer.send_raw(frame)
        await usual(talk)

    stage.upstream.plan.append(some)
    await stage.ask_and_hear()
    assert not stage.all(ConnectionLost), "a few bad frames ended the connection"

    async def flood(talk: Talk) -> None:
        stage.broken()
        for _ in range(40):
            await talk.peer.send_raw("{")

    stage.upstream.plan.append(flood)
    answered = stage.completed
    stage.ask()
    await stage.restored()
    await stage.answer_heard(answered + 1)


@case("P03", "events in another order, and twice", "the answer, once")
async def other_order(stage: Stage) -> None:
    """Sound before its response is created, ends that come twice."""
    await stage.open()

    async def answer(talk: Talk) -> None:
        response_id, item = talk.active or "", talk.new_item()
        upstream = stage.upstream
        sound = upstream.numbered.sound(300)
        upstream.made.part(sound, is_new=True)
        word = upstream.numbered.word()
        item.words, item.words_at, item.sound_ms = [word], [(word, 300)], 300
        whole = events.assistant_item(item.item_id, word)
        story: list[ServerEvent] = [
            events.response_created(response_id),
            events.words(response_id, item.item_id, word),
            events.AudioDelta(response_id, item.item_id, 0, 0, sound),
            events.audio_done(response_id, item.item_id),
            events.words_done(response_id, item.item_id, word),
            events.item_done(response_id, whole),
        ]
        created = stage.random.randint(1, 5)
        story.insert(created, story.pop(0))
        for event in stage.random.sample(story, 3):
            if not isinstance(event, events.AudioDelta) and event.type.endswith(".done"):
                story.insert(story.index(event) + 1, event)
        talk.active = None
        end = events.response_done(response_id)
        await talk.peer.send(*story, end, end)

    stage.upstream.plan.append(answer)
    await stage.ask_and_hear()
    assert stage.completed == 1
    finals = [update for update in stage.all(AssistantTranscript) if update.is_final]
    assert len(finals) == 1, f"{len(finals)} final transcripts of one answer"
    assert len(b"".join(stage.speaker.parts())) == 300 * 48


@case("P04", "sound after the cancel, for up to 500 ms", "silence at once")
async def late_sound(stage: Stage) -> None:
    """Nothing that was made before the interruption is heard after it."""
    stage.upstream.is_slow_to_cancel_s = stage.random.uniform(0.01, 0.5)
    stage.upstream.deltas = 12
    await stage.open()
    stage.upstream.hold_after = stage.random.randint(2, 6)
    stage.ask()
    await stage.chunks(stage.upstream.hold_after)
    await stage.state(lambda: stage.speaker.heard_pcm(), "some of it is heard")
    cut_ms = stage.clock()
    stage.session.interrupt()
    last = stage.numbered.next_pair
    stage.hold_after(None)
    await stage.state(lambda: stage.upstream.current.active is None, "the cancel is done")
    late = [sound for sound in stage.speaker.sounds if sound.at_ms > cut_ms + 40]
    assert not late, "the old answer was heard after the interruption"
    await stage.ask_and_hear()
    later = [sound for sound in stage.speaker.sounds if sound.at_ms > cut_ms + 40]
    assert all(int(numbers_of(sound.pcm)[0]) > last for sound in later if len(sound.pcm) >= 4)


@case("P05", "response created after its cancel", "nothing of the ghost")
async def ghost(stage: Stage) -> None:
    """A response that begins after the interruption is cancelled at birth."""
    await stage.open()
    told = []

    async def late(talk: Talk) -> None:
        await stage.state(lambda: told, "the interruption")
        await usual(talk)

    stage.upstream.plan.append(late)
    stage.upstream.hold_after = stage.random.randint(0, 4)
    stage.ask()
    await stage.state(lambda: stage.upstream.current.active, "the response is on its way")
    stage.session.interrupt()
    told.append(True)
    await stage.state(lambda: stage.upstream.current.active is None, "the ghost is cancelled")
    assert not stage.speaker.heard_pcm(), "the ghost was heard"
    stage.hold_after(None)
    await stage.ask_and_hear()


@case("P06", "two sides ask for a response at once", "one answer", speed=5)
async def collision(stage: Stage) -> None:
    """The endpoint answers a spoken turn while a typed one asks: both are answered in the end."""
    await stage.open(hears=True)
    assert stage.microphone is not None
    stage.speak(300)
    await stage.shown(UserSpeechStarted)
    stage.microphone.push_silence(300)
    await stage.state(lambda: stage.upstream.heard_turns, "the turn is over")
    for _ in range(stage.random.randint(0, 3)):
        await stage.state(lambda: True, "a moment")
    stage.ask()
    await stage.state(
        lambda: stage.completed >= 1 and stage.is_idle and _is_answered(stage), "the answer"
    )
    assert not stage.all(ErrorReported)


def _is_answered(stage: Stage) -> bool:
    roles = [item.role for item in stage.history()]
    texts = " ".join(item.text for item in stage.history())
    return f"question {stage.questions}" in texts and roles[-1] == "assistant"


@case("P07", "error, and then silence", "an apology within 12 s", speed=20)
async def error_and_silence(stage: Stage) -> None:
    """The response slot is free again although no end ever came."""
    await stage.open()
    is_created = bool(stage.random.randint(0, 1))

    async def broken(talk: Talk) -> None:
        if is_created:
            await talk.peer.send(events.response_created(talk.active or ""))
        await talk.peer.send(events.error("internal_error", "something broke"))
        talk.active = None

    stage.upstream.plan.append(broken)
    stage.broken()
    stage.ask()
    await stage.shown(ErrorReported, limit_s=12)
    await stage.state(lambda: stage.is_idle, "the slot is free", limit_s=12)


@case("P15", "truncation at its edges", "a clean stop")
async def truncation(stage: Stage) -> None:
    """Interrupted at the very beginning, in the middle and after the end: never an error."""
    await stage.open()
    for moment in stage.random.sample(["before", "first", "middle", "end"], 3):
        answered = len(stage.all(ResponseFinished))
        before, begun_ms = stage.speaker.chunks, stage.clock()
        stage.upstream.released.clear()
        stage.upstream.hold_after = {"before": 0, "first": 1, "middle": 4, "end": None}[moment]
        stage.ask()
        await stage.chunks(before + (stage.upstream.hold_after or 0))
        if moment in ("first", "middle"):
            await stage.state(lambda: stage.clock() > begun_ms + 60, "some of it sounds")  # noqa: B023
        if moment == "end":
            await stage.chunks(before + stage.upstream.deltas)
        stage.session.interrupt()
        stage.hold_after(None)
        await stage.state(
            lambda: len(stage.all(ResponseFinished)) > answered,  # noqa: B023
            f"the end of the answer interrupted {moment}",
        )
        await stage.state(lambda: stage.is_idle, "calm")
    stage.proxy.reset()
    stage.broken()
    await stage.restored()
    # What was told anew is text, which has no sound to truncate.
    stage.session.interrupt()
    for cut in stage.all(Interrupted):
        assert cut.heard_ms >= 0
