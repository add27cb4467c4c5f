"""A whole spoken turn whose brain is a Chat Completions endpoint, with a tool on the way."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e.cli_kit import FIXTURES, Shell

CANARY = "sk-canary-0123456789abcdef"


class ChatEndpoint(BaseHTTPRequestHandler):
    """Asks for the time in Tokyo, and with the tool's answer says it, streaming."""

    def do_POST(self):  # noqa: N802 - the base class names it
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.headers, body))
        answered = [m for m in body["messages"] if m["role"] == "tool"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for choice in said(answered[-1]["content"]) if answered else CALL:
            self._event({"choices": [{"index": 0, **choice}]})
        usage = {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}
        self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, fields):
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        self.wfile.write(f"data: {json.dumps({**chunk, **fields})}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        """Say nothing."""


def call_delta(**function):
    return {"delta": {"tool_calls": [{"index": 0, "function": function}]}}


CALL = (
    {
        "delta": {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_time", "arguments": ""},
                }
            ]
        }
    },
    call_delta(arguments='{"pla'),
    call_delta(arguments='ce": "Tokyo"}'),
    {"delta": {}, "finish_reason": "tool_calls"},
)


def said(output):
    clock = json.loads(output)["spoken"]
    return (
        {"delta": {"role": "assistant", "content": "**Good news** 🎉: "}},
        {"delta": {"content": clock}},
        {"delta": {"content": " See https://example.com/time for more."}},
        {"delta": {}, "finish_reason": "stop"},
    )


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), ChatEndpoint)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_language_model_hears_calls_a_tool_and_speaks(tmp_path, endpoint):
    base_url = f"http://127.0.0.1:{endpoint.server_address[1]}/v1"
    ran = Shell(tmp_path).voice(
        "ask",
        FIXTURES / "demo_question_1.wav",
        "--json",
        VOICE_BRAIN__BASE_URL=base_url,
        VOICE_BRAIN__MODEL="some-model",
        VOICE_BRAIN__API_KEY=CANARY,
    )
    assert ran.status == 0, ran.err
    (turn,) = ran.report["turns"]
    assert [tool["name"] for tool in turn["tools"]] == ["get_time"]
    assert "Tokyo" in turn["assistant_text"]
    headers, first = endpoint.requests[0]
    assert headers["Authorization"] == f"Bearer {CANARY}"
    assert first["messages"][-1]["content"] == turn["user_text"]
    assert all("x-examples" not in t["function"]["parameters"] for t in first["tools"])
    assert endpoint.requests[1][1]["messages"][-1]["role"] == "tool"
    assert CANARY not in ran.out + ran.err


def test_a_brain_that_cannot_be_reached_is_one_line(tmp_path):
    ran = Shell(tmp_path).voice(
        "ask", "--text", "hello", VOICE_BRAIN__BASE_URL="http://127.0.0.1:9/v1"
    )
    assert ran.status != 0
    assert len(ran.errors) == 1
    assert "Traceback" not in ran.err


class BrokeEndpoint(BaseHTTPRequestHandler):
    """Has no money left."""

    def do_POST(self):  # noqa: N802 - the base class names it
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(self.path)
        body = json.dumps({"error": {"message": CANARY, "code": self.server.code}}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "code", "cause", "exit_status"),
    [
        (401, "invalid_api_key", "a key that its model refuses; set brain.api_key", 3),
        (402, "", "set another key as brain.api_key or VOICE_BRAIN__API_KEY", 3),
        (429, "insufficient_quota", "top up the account", 3),
        (400, "context_length_exceeded", "brain.context_tokens", 1),
    ],
)
def test_a_brain_that_refuses_is_apologised_for_and_the_cause_shown(
    tmp_path, endpoint, status, code, cause, exit_status
):
    endpoint.RequestHandlerClass = BrokeEndpoint
    endpoint.status, endpoint.code = status, code
    ran = Shell(tmp_path).voice(
        "ask",
        *("--text", "hello", "--fast"),
        VOICE_BRAIN__BASE_URL=f"http://127.0.0.1:{endpoint.server_address[1]}/v1",
        VOICE_BRAIN__MODEL="some-model",
    )
    assert ran.status == exit_status, ran.err
    assert cause in ran.out + ran.err
    assert "Sorry" in ran.out
    assert CANARY not in ran.out + ran.err
    assert len(endpoint.requests) == 1
