"""S01 to S08: the session, the account or the service ends."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from tests.chaos.cases import Cases
from tests.chaos.fast_loop import within
from tests.chaos.stage import Stage
from tests.chaos.upstream import Talk
from tests.e2e.cli_kit import Shell
from voice.core.updates import (
    ConnectionLost,
    Ended,
    EndKind,
    ErrorReported,
    Reconnected,
    SessionRenewed,
)
from voice.errors import AuthError
from voice.protocol.endpoints import Endpoint
from voice.testing import events

cases = Cases()
case = cases.case


def short_lived(stage: Stage, limit_s: int) -> Endpoint:
    """Return the endpoint with a longest duration of its sessions."""
    place = stage.place()
    return replace(place, capabilities=replace(place.capabilities, session_limit_s=limit_s))


@case("S01", "session limit while idle", "nothing", own=True, speed=10)
async def limit_while_idle(stage: Stage) -> None:
    """A second session takes over before the first one ends."""
    await stage.open(endpoint=short_lived(stage, 3))
    await stage.ask_and_hear()
    for number in (1, 2):
        await stage.shown(SessionRenewed, number)
        await stage.ask_and_hear()
    assert all(update.restored == "full" for update in stage.all(SessionRenewed))
    assert not stage.all(ConnectionLost), "the limit was reached"


@case("S02", "session limit in the middle of a sentence", "it goes on, or says it again", speed=5)
async def limit_in_a_sentence(stage: Stage) -> None:
    """The endpoint ends the session at its limit, with or without a word before."""
    await stage.open()
    await stage.ask_and_hear()
    answered, before = stage.completed, stage.speaker.chunks
    cut = stage.random.randint(1, 7)
    stage.hold_after(cut)
    stage.ask()
    await stage.chunks(before + cut)
    stage.broken()
    talk = stage.upstream.current
    if stage.random.randint(0, 1):
        await talk.peer.send(events.error("session_expired", "Your session hit its maximum"))
    with contextlib.suppress(Exception):
        await talk.peer.close(1001, "session limit")
    stage.hold_after(None)
    await stage.restored()
    assert stage.back_s is not None and stage.back_s <= 2
    await stage.answer_heard(answered + 1)


@case("S02", "rollover in the middle of a sentence", "nothing", speed=5, variant="b")
async def renewal_in_a_sentence(stage: Stage) -> None:
    """A second session takes over where the sentence ends, or else just before the limit."""
    stage.upstream.deltas = stage.random.randint(8, 30)
    await stage.open(endpoint=short_lived(stage, 4))
    await stage.ask_and_hear()
    stage.ask()
    await stage.shown(SessionRenewed, limit_s=8)
    await stage.state(lambda: stage.is_idle, "calm", 15)
    assert not stage.all(ConnectionLost), "the limit was reached"
    stage.upstream.deltas = 8


@case("S03", "429 with Retry-After", "“busy”, and back later", speed=20)
async def busy(stage: Stage) -> None:
    """The endpoint is left alone for as long as it asks."""
    await stage.open()
    await stage.ask_and_hear()
    assert stage.endpoint is not None
    wait_s = stage.random.randint(3, 12)
    stage.endpoint.refuse_next(429, {"Retry-After": str(wait_s)})
    stage.broken()
    stage.proxy.reset()
    await stage.restored(limit_s=wait_s + 10)
    assert stage.back_s is not None and stage.back_s >= wait_s, f"back after {stage.back_s:.1f} s"
    waits = [update.retry_in_ms for update in stage.all(ConnectionLost)]
    assert wait_s * 1_000 in waits


@case("S04", "quota exhausted", "“the account has no credit”")
async def no_credit(stage: Stage) -> None:
    """Nobody tries again; the session ends by the cause's name, wherever it showed."""
    stage.may_end = True
    await stage.open()
    await stage.ask_and_hear()
    assert stage.endpoint is not None
    accepted = stage.proxy.accepted
    how = stage.random.choice(("handshake", "error", "response"))
    if how == "handshake":
        stage.endpoint.refuse_next(402, for_ever=True)
        stage.proxy.reset()
        accepted += 1
    elif how == "error":
        await stage.upstream.current.peer.send(events.error("insufficient_quota", "no money"))
    else:
        stage.upstream.plan.append(_failed("insufficient_quota"))
        stage.ask()
    if how == "response":
        await stage.shown(ErrorReported)
        shown = stage.all(ErrorReported)[-1]
        assert "credit" in shown.message or shown.code == "insufficient_quota", shown
        return
    ended = await stage.shown(Ended)
    assert "credit" in ended.reason, ended
    assert not ended.retryable
    assert stage.proxy.accepted == accepted, "it tried again"


@case("S05", "401, or a key revoked in the session", "“the key was refused”")
async def refused_key(stage: Stage) -> None:
    """Nobody tries again, and the key is not shown."""
    stage.may_end = True
    assert stage.endpoint is not None
    if stage.random.randint(0, 1):
        stage.endpoint.refuse_next(stage.random.choice((401, 403)), for_ever=True)
        try:
            await stage.open()
        except AuthError as error:
            assert "refused the key" in str(error)
        else:
            raise AssertionError("a wrong key, and yet a session")
        assert stage.proxy.accepted == 1, "it tried again"
        return
    await stage.open()
    await stage.ask_and_hear()
    message = "Incorrect API key provided: sk-canary-5ecr37"
    await stage.upstream.current.peer.send(events.error("invalid_api_key", message))
    ended = await stage.shown(Ended)
    assert ended.kind is EndKind.AUTH_FAILED
    assert stage.proxy.accepted == 1, "it tried again"


def _failed(code: str):  # type: ignore[no-untyped-def]
    async def answer(talk: Talk) -> None:
        response_id = talk.active or ""
        await talk.peer.send(events.response_created(response_id))
        details = {"type": "failed", "error": {"code": code, "message": "no", "type": code}}
        await talk.done(response_id, "failed", status_details=details)

    return answer


@case("S06", "three responses in a row fail", "an apology, then the answer", speed=20)
async def failing_responses(stage: Stage) -> None:
    """After a few the session is built anew, and the conversation is kept."""
    await stage.open()
    await stage.ask_and_hear()
    sessions = len(stage.upstream.talks)
    stage.broken()
    stage.upstream.plan += [_failed("server_error") for _ in range(3)]
    stage.ask()
    await stage.state(
        lambda: not stage.upstream.plan and stage.is_idle, "failures and an answer", limit_s=40
    )
    assert stage.all(ErrorReported), "nobody was told"
    assert len(stage.upstream.talks) > sessions, "the session was not built anew"


@case("S07", "an item of the history is refused", "nothing")
async def refused_item(stage: Stage) -> None:
    """The rest of the history comes back."""
    await stage.open()
    for _ in range(3):
        await stage.ask_and_hear()
    refused = stage.random.randint(1, 3)
    stage.upstream.refuses = lambda item: f"question {refused}" == item.text
    stage.broken()
    stage.proxy.reset()
    back = await stage.restored()
    assert back == Reconnected("partial", 1), back
    texts = [item.text for item in stage.history()]
    assert f"question {refused}" not in texts
    assert sum(text.startswith("question") for text in texts) == 2
    stage.lost_items = 1


@contextlib.asynccontextmanager
async def real_server(stage: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    """Put ``voice serve``, a process with the real engines, behind the proxy."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voice.ui.cli", "serve", "--port", "0"),
        cwd=stage.folder,
        env=Shell(stage.folder).environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert child.stdout is not None
    try:
        line = (await within(60, "the server is ready", child.stdout.readline())).decode()
        port = re.search(r":(\d+)", line)
        assert port is not None, line
        stage.proxy.target = ("127.0.0.1", int(port[1]))
        # Its voice is a real one, without numbers.
        stage.is_garbled, stage.answer_limit_s = True, 20
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


@case(
    "N01", "reset while the real voice speaks", "it stops, and answers again", speed=1, variant="r"
)
async def reset_of_the_real_voice(stage: Stage) -> None:
    """The real engines, and a connection that breaks in the middle of their sentence."""
    await stage.enter(real_server(stage))
    await stage.open(endpoint=Endpoint.local(stage.url))
    stage.session.send_text("Who are you?")
    await stage.chunks(stage.random.randint(1, 5))
    stage.broken()
    stage.proxy.reset()
    await stage.restored()
    await stage.answer_heard(1, limit_s=30)


@case("S08", "our service gets SIGTERM while it speaks", "the sentence ends, then goodbye", speed=1)
async def service_ends(stage: Stage) -> None:
    """``voice serve`` finishes its sentence, closes with 1001 and ends with 0."""
    child = await stage.enter(real_server(stage))
    await stage.open(endpoint=Endpoint.local(stage.url))
    stage.ask()
    await stage.chunks(1)
    child.send_signal(signal.SIGTERM)
    stage.broken()
    await stage.shown(ConnectionLost, limit_s=12)
    assert stage.completed == 1, "the sentence was cut"
    assert await within(10, "the server ends", child.wait()) == 0
    # Its successor, here the scripted one, gets the conversation.
    assert stage.endpoint is not None
    stage.proxy.target = ("127.0.0.1", stage.endpoint.port)
    await stage.restored(limit_s=20)
