"""What a person, a network or a plugin can get wrong: one clear line each, and no hanging."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.cli_kit import Shell, assert_failed, fixture
from voice.audio.files import write_wav
from voice.audio.ports import RATE_HZ

ANY_TURN = ("ask", "--text", "Hello")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@contextlib.contextmanager
def web_server(status: int, kind: str, body: bytes, *, protocol: str = "HTTP/1.1") -> Iterator[str]:
    """Answer every request with one page; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.server_port}/v1/realtime"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.wav", None, "there is no file missing.wav"),
        ("empty.wav", b"", "empty.wav is empty"),
        ("text.wav", b"This is no audio at all.\n", "text.wav"),
        ("cut.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "cut.wav"),
        ("random.mp3", bytes(range(256)) * 16, "random.mp3"),
    ],
)
def test_file_that_is_no_audio(
    shell: Shell, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert_failed(shell.voice("ask", name), 2, words)


def test_file_with_a_header_and_no_samples(shell: Shell, tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", np.zeros(0, np.int16), RATE_HZ)
    assert_failed(shell.voice("ask", "short.wav"), 2, "short.wav")


def test_directory_instead_of_a_file(shell: Shell, tmp_path: Path) -> None:
    assert_failed(shell.voice("ask", tmp_path), 2, "is a directory")


def test_failure_with_json_leaves_stdout_empty(shell: Shell) -> None:
    ran = shell.voice("ask", "missing.wav", "--json")
    assert_failed(ran, 2, "missing.wav")
    assert ran.out == ""


def test_ten_minutes_of_noise_end_in_one_line(shell: Shell, tmp_path: Path) -> None:
    loud = np.random.default_rng(1).normal(0, 3_000, 600 * RATE_HZ)
    write_wav(tmp_path / "noise.wav", loud.astype(np.int16), RATE_HZ)
    ran = shell.voice("ask", "noise.wav", "--fast")
    assert_failed(ran, 1, "no speech was heard in noise.wav")
    assert "Warning" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "--loud"), "No such option"),
        (("ask",), "at least one FILE or --text"),
        (("ask", "--text", " "), "expected words"),
        (("ask", "--text", "x" * 30_000), "at most 20000 characters"),
        (("ask", "--timeout", "soon", "--text", "x"), "timeout"),
        (("sing",), "No such command"),
        (("demo", "--out"), "--out"),
        (("tools", "call"), "name"),
        (("ask", "--text", "x", "--set", "voice"), "SECTION.NAME=VALUE"),
        (("ask", "--text", "x", "--set", "session.loudness=3"), "unknown key session.loudness"),
        (("serve", "--port", "99999"), "at most 65535"),
        (("serve", "--host", "0.0.0.0"), "no token is set"),
    ],
)
def test_wrong_arguments(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    assert_failed(shell.voice(*arguments), 2, words)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.invalid/v1", "wss://"),
        ("ws://", "wss://"),
        ("ws://127.0.0.1:notaport/v1", "does not parse"),
        ("wss://user:secret@host.invalid/v1", "without a key"),
        ("https://host.invalid/v1/chat/completions", "another interface"),
    ],
)
def test_url_that_is_none(shell: Shell, url: str, words: str) -> None:
    ran = shell.voice(*ANY_TURN, "--url", url)
    assert_failed(ran, 2, words)
    assert "secret" not in ran.err


def test_host_that_does_not_exist(shell: Shell) -> None:
    assert_failed(shell.voice(*ANY_TURN, "--url", "wss://host.invalid/v1"), 4, "host.invalid")


def test_refused_connection(shell: Shell) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}/v1/realtime"
    assert_failed(shell.voice(*ANY_TURN, "--url", url), 4, "refused the connection")


def test_server_that_refuses_the_key(shell: Shell) -> None:
    body = b'{"error": {"message": "Incorrect API key provided: sk-abcdef123456"}}'
    with web_server(401, "application/json", body) as url:
        ran = shell.voice(*ANY_TURN, "--url", url, VOICE_API_KEY="sk-abcdef123456")
    assert_failed(ran, 3, "refused the key (HTTP 401)")
    assert "abcdef123456" not in ran.err


def test_server_that_answers_a_web_page(shell: Shell) -> None:
    with web_server(200, "text/html", b"<html><body>Please log in.</body></html>") as url:
        assert_failed(shell.voice(*ANY_TURN, "--url", url), 4, "web page")


def test_server_that_never_answers(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/v1/realtime"
        assert_failed(shell.voice(*ANY_TURN, "--url", url), 4, "did not answer within")


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[session\nvoice = 'heart'", "line 1"),
        ("[session]\nvoice = heart", "line 2"),
        ("[sesion]\nvoice = 'heart'", "did you mean [session]"),
        ("[session]\nspeed = 'fast'", "session.speed"),
        ("voice = 'heart'", "did you mean"),
        ("\xff\xfe", "line 1"),
    ],
)
def test_malformed_settings_file(shell: Shell, tmp_path: Path, toml: str, words: str) -> None:
    (tmp_path / "voice.toml").write_bytes(toml.encode("latin-1"))
    assert_failed(shell.voice("config"), 2, words)


@pytest.mark.parametrize("command", [ANY_TURN, ("tools",), ("serve",), ("demo",), ("talk",)])
def test_malformed_settings_file_stops_every_command(
    shell: Shell, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "voice.toml").write_text("[session\n")
    assert_failed(shell.voice(*command), 2, "voice.toml line 1")


def test_settings_file_that_is_named_and_missing(shell: Shell) -> None:
    assert_failed(shell.voice("config", "--config", "nowhere.toml"), 2, "nowhere.toml")


@pytest.mark.parametrize("out", ["no/such/folder/reply.wav", "."])
def test_answer_that_cannot_be_written_is_told_before_anybody_speaks(
    shell: Shell, out: str
) -> None:
    ran = shell.voice("ask", fixture("demo_question_1"), "--out", out)
    assert_failed(ran, 2, "cannot write")
    assert "You " not in ran.out


def test_answer_never_overwrites_the_question(shell: Shell, tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", np.ones(2_400, np.int16), RATE_HZ)
    ran = shell.voice("ask", "question.wav", "--out", "./question.wav")
    assert_failed(ran, 2, "is one of the questions")


def test_broken_plugin_is_told_and_the_conversation_goes_on(shell: Shell, tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "broken.py").write_text("import no_such_module_at_all\n")
    ran = shell.voice(
        *("ask", "--text", "What is 3 times 4?", "--fast"), VOICE_TOOLS__FOLDER=str(plugins)
    )
    assert ran.status == 0, ran.err
    assert "tool left out" in ran.out
    assert "broken.py" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert "12" in ran.out


def test_two_tools_of_one_name_stop_the_start(shell: Shell, tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    tool = "from tools import tool\n\n@tool\ndef greet() -> str:\n    return 'Hello'\n"
    (plugins / "one.py").write_text(tool)
    (plugins / "two.py").write_text(tool)
    folder = str(plugins)
    for command in (ANY_TURN, ("tools",), ("tools", "call", "greet")):
        assert_failed(shell.voice(*command, VOICE_TOOLS__FOLDER=folder), 2, "one.py")


def test_brain_that_cannot_be_reached_is_told_and_nothing_hangs(shell: Shell) -> None:
    ran = shell.voice(
        *("ask", "--text", "Hello", "--fast"),
        VOICE_BRAIN__BASE_URL="http://127.0.0.1:9/v1",
        VOICE_BRAIN__MODEL="some-model",
    )
    assert_failed(ran, 1, "no turn was answered")


def test_sound_card_that_is_missing_is_told_with_what_to_do(shell: Shell) -> None:
    ran = shell.voice("talk", VOICE_AUDIO__INPUT="no such microphone at all")
    assert_failed(ran, 5, "")
