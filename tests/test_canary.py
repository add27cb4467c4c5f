"""A canary key, a canary token and canary words, through everything that writes: 0 hits.

The key may be nowhere but in the handshake's header. Words and arguments may be where a person or a
face is shown them, and in a recording, but in no log, metric or span.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import subprocess
import sys
import traceback
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.client.session_kit import Given, Reader
from tests.server.serving_kit import connect, engines, server
from voice.blackbox.record_file import read_records
from voice.blackbox.recorder import Recorder
from voice.client.place import Place
from voice.client.session import Session
from voice.client.turn_spans import TurnSpans
from voice.core.reconnect import Persistence
from voice.core.updates import ConnectionLost, ResponseFinished
from voice.engines.scripted import ScriptedReply
from voice.errors import VoiceError
from voice.log_lines import JsonFormatter
from voice.logs import setup_logging
from voice.protocol.endpoints import resolve
from voice.protocol.session_config import FunctionTool
from voice.settings import load_settings
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.tracing import Span

KEY = "canary7e1f9b3c5d2a8046"
"""It has no shape that a filter could know it by."""
WORDS = "canaries sing at noon"
ARGUMENT = "canary-street-17"
OUTPUT = "canary weather"
ONCE = Persistence(give_up_after_ms=0)
ROOT = Path(__file__).parent.parent


class Haystack:
    """Everything that was written anywhere, by the name of the place."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self.raw_log = io.StringIO()
        self.texts: dict[str, str] = {}

    def add(self, place: str, value: object) -> None:
        """Note how a value shows itself."""
        self.texts[f"{place} {len(self.texts)}"] = f"{value!r} {value!s}"

    def add_error(self, error: BaseException) -> None:
        """Note an error, its causes and their traces."""
        self.add("error", error)
        self.texts[f"trace {len(self.texts)}"] = "".join(traceback.format_exception(error))

    def hits(self, needle: str, *, logs_only: bool = False) -> list[str]:
        """Return the places that show a text, the key's parts included."""
        places = {"log": self.log.getvalue(), "log of ours, unfiltered": self.raw_log.getvalue()}
        if not logs_only:
            places |= self.texts
        return [place for place, text in places.items() if needle in text or needle[:14] in text]


@pytest.fixture
def haystack() -> Iterator[Haystack]:
    """Log everything at DEBUG, as the command line does, and what is ours also without a filter."""
    found = Haystack()
    root, ours = logging.getLogger(), [logging.getLogger("voice"), logging.getLogger("tools")]
    before, level = list(root.handlers), root.level
    # No secret is registered: it must not get as far as the filter.
    setup_logging("debug", form="json")
    [handler] = [one for one in root.handlers if one not in before]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(found.log)
    raw = logging.StreamHandler(found.raw_log)
    raw.setFormatter(JsonFormatter())
    for logger in ours:
        logger.addHandler(raw)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)
    for logger in ours:
        logger.removeHandler(raw)
    for name in ("websockets", "httpx", "httpcore", "httpx2", "httpcore2", "openai", "anthropic"):
        logging.getLogger(name).setLevel(logging.NOTSET)


class Weather:
    """A tool that works once, and breaks with its arguments in the message the second time."""

    specs: Sequence[FunctionTool] = (FunctionTool(name="weather", description="Tells it."),)
    cancellable: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.calls = 0

    async def call(self, name: str, arguments: str, call_id: str | None = None) -> Given:
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError(f"no weather for {arguments}")
        return Given(OUTPUT)


async def talkative(peer: Peer) -> None:
    """Say the words in every way there is, and odd things that hold them."""
    await peer.greet()
    await peer.expect("conversation.item.create")
    for number in (1, 2):
        await peer.expect("response.create")
        await peer.send(
            events.response_created(f"r{number}"),
            events.call_done(f"r{number}", f"c{number}", "weather", f'{{"at": "{ARGUMENT}"}}'),
            events.response_done(f"r{number}"),
        )
        await peer.expect("conversation.item.create")
    await peer.expect("response.create")
    await peer.send_raw(f'{{"type": "{WORDS}')
    await peer.send_raw(f'{{"type": "conversation.item.odd", "text": "{WORDS}"}}')
    await peer.send(
        events.error("invalid_value", f"Invalid value: '{WORDS}' ({KEY})"),
        events.transcribed("u1", WORDS),
        events.response_created("r3"),
        events.words("r3", "a3", WORDS),
        events.audio_delta("r3", "a3", 20),
        events.response_done("r3", "incomplete"),
    )


@contextlib.asynccontextmanager
async def talking(recorder: Recorder, spans: list[Span]) -> AsyncIterator[tuple[Session, Reader]]:
    now_s = asyncio.get_running_loop().time
    turns = TurnSpans(spans.append, endpoint="scripted", wall_s=now_s, core_s=now_s)
    async with ScriptedEndpoint(talkative) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url),
            api_key=SecretStr(KEY),
            tools=Weather(),
            recorder=recorder,
            observers=[turns.take],
        ) as session:
            yield session, Reader(session)
        assert endpoint.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_a_whole_conversation(haystack: Haystack, tmp_path: Path) -> None:
    spans: list[Span] = []
    recorder = Recorder(tmp_path / "a.vbox", secrets=[KEY])
    async with talking(recorder, spans) as (session, reader):
        session.send_text(WORDS)
        await reader.until(ResponseFinished, 3)
        haystack.add("session", session)
        haystack.add("recorder", recorder)
    for update in await reader.rest():
        haystack.add("update", update)
    for record in read_records(tmp_path / "a.vbox"):
        haystack.add("recording", record)
    assert KEY.encode() not in (tmp_path / "a.vbox").read_bytes()
    assert any(WORDS in text for text in haystack.texts.values())
    haystack.add("spans", spans)
    assert spans
    assert "tool weather failed in" in haystack.log.getvalue()
    assert haystack.hits(KEY) == []
    for words in (WORDS, ARGUMENT, OUTPUT):
        assert haystack.hits(words, logs_only=True) == []
        assert words not in repr(spans)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 503])
async def test_a_refused_handshake_that_repeats_the_key(haystack: Haystack, status: int) -> None:
    body = f'{{"error": {{"message": "Incorrect API key provided: {KEY}", "code": "x"}}}}'
    headers = {"Content-Type": "application/json", "X-Echo": KEY, "Location": f"/login?key={KEY}"}
    async with ScriptedEndpoint(refuse=status, headers=headers, body=body) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), api_key=KEY, persistence=ONCE)
        with pytest.raises(VoiceError) as caught:
            await session.__aenter__()
        haystack.add_error(caught.value)
        haystack.add("updates", await Reader(session).rest())
    assert haystack.hits(KEY) == []


@pytest.mark.parametrize("code", ["invalid_api_key", "invalid_model", "odd"])
async def test_an_error_that_repeats_the_key(haystack: Haystack, code: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(events.error(code, f"no: {KEY}"))
        await peer.close(4001, f"refused {KEY}")

    async with ScriptedEndpoint(script) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), api_key=KEY, persistence=ONCE)
        with pytest.raises(VoiceError) as caught:
            await session.__aenter__()
        haystack.add_error(caught.value)
        haystack.add("updates", await Reader(session).rest())
    assert haystack.hits(KEY) == []


async def test_a_connection_that_is_lost_with_the_key_in_the_reason(haystack: Haystack) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.close(1011, f"lost {KEY}")

    async with ScriptedEndpoint([script, script, talkative]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), api_key=KEY) as session:
            reader = Reader(session)
            haystack.add("update", await reader.until(ConnectionLost))
    assert haystack.hits(KEY) == []


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "wss://127.0.0.1:1", "ws://nobody.invalid"])
async def test_a_place_that_is_not_there(haystack: Haystack, url: str) -> None:
    endpoint = resolve(f"{url}/v1/realtime?model=m&token={KEY}")
    place = Place(endpoint, SecretStr(KEY))
    session = Session(endpoint=endpoint, api_key=KEY, persistence=ONCE, fallbacks=[place])
    with pytest.raises(VoiceError) as caught:
        await session.__aenter__()
    haystack.add_error(caught.value)
    haystack.add("endpoint", endpoint)
    haystack.add("place", place)
    haystack.add("session", session)
    assert haystack.hits(KEY) == []


def test_settings_show_no_key(haystack: Haystack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOICE_API_KEY", "VOICE_SERVER__TOKEN", "VOICE_BRAIN__API_KEY"):
        monkeypatch.setenv(name, KEY)
    settings = load_settings(overrides={"brain.kind": "openai", "brain.model": "m"})
    haystack.add("settings", settings)
    haystack.add("settings as JSON", settings.model_dump_json())
    monkeypatch.setenv("VOICE_SERVER__TOKEN", f"{KEY}\x07")
    with pytest.raises(VoiceError) as caught:
        load_settings()
    haystack.add_error(caught.value)
    assert haystack.hits(KEY) == []


async def test_our_server_with_a_token(haystack: Haystack) -> None:
    bundle = engines(replies=[ScriptedReply(WORDS)], heard=[WORDS])
    async with server(bundle, token=SecretStr(KEY)) as running:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with connect(running, additional_headers=headers) as client:
            await client.until("session.created")
            transcription = {"transcription": {"model": "m"}}
            await client.update(audio={"input": transcription})
            await client.send("conversation.item.create", item={"type": WORDS})
            await client.socket.send(f'{{"broken": "{WORDS} {KEY}')
            await client.speak()
            await client.until("response.done")
        wrong = {"Authorization": f"Bearer {KEY}x"}
        with pytest.raises(Exception, match="401"):  # noqa: B017, PT011 - the client's own
            async with connect(running, additional_headers=wrong):
                pass
        base = running.url.replace("ws://", "http://").rsplit("/v1", 1)[0]
        for page in ("/metrics", "/health", f"/metrics?token={KEY}"):
            haystack.add(page, await asyncio.to_thread(read_page, base + page, headers))
        # Its answer repeats the path to whoever asked; the log must not.
        await asyncio.to_thread(read_page, f"{base}/nowhere/{KEY}", headers)
        haystack.add("server", running)
    assert "voice_responses_total" in "".join(haystack.texts.values())
    for words in (KEY, WORDS):
        assert haystack.hits(words) == []


def read_page(url: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def files_under(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("flags", [("--json",), ("--json", "--debug"), ("--debug",)])
async def test_the_command_line_at_a_place_that_refuses_the_key(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VOICE_")},
        "VOICE_API_KEY": KEY,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "VOICE_LOG__FILE": str(tmp_path / "voice.log"),
        "VOICE_LOG__LEVEL": "debug",
        "VOICE_TOOLS__DATA_DIR": str(tmp_path / "data"),
    }
    body = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'
    async with ScriptedEndpoint(refuse=401, body=body) as endpoint:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voice.ui.cli", "ask", "--text", "Hello", *flags),
            *("--url", endpoint.url, "--record", str(tmp_path / "a.vbox"), "--no-tools"),
            env=environment,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    assert process.returncode == 3, err
    written = await asyncio.to_thread(files_under, tmp_path)
    recorded = [repr(record).encode() for record in read_records(tmp_path / "a.vbox")]
    assert (tmp_path / "voice.log").stat().st_size
    assert not any(KEY.encode() in text for text in (out, err, *written, *recorded))


BAD = """
import logging, os

def test_says_it():
    print(os.environ["OPENAI_API_KEY"])

def test_logs_it():
    logging.getLogger("voice.x").debug("%s", os.environ["OPENAI_API_KEY"])

def test_fails_with_it():
    assert os.environ["OPENAI_API_KEY"] == ""

def test_is_good():
    print("nothing")
"""


def test_the_plugin_fails_whoever_shows_the_key(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text(BAD)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.canary", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert "3 failed, 1 passed" in ran.stdout
    assert ran.stdout.count("the canary key was shown in") >= 3
