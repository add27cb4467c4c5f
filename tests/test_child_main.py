import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from voice.child import running_child
from voice.child_main import MODULE, server_orders
from voice.errors import EngineError
from voice.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


async def is_let_in(url: str, token: str | None) -> bool:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        async with connect(url, additional_headers=headers, proxy=None) as socket:
            return "session.created" in str(await socket.recv())
    except InvalidStatus as refusal:
        assert refusal.response.status_code == 401
        return False


def test_orders_bring_every_setting_to_the_child_secrets_too(tmp_path: Path) -> None:
    settings = load_settings(
        overrides={
            "brain.base_url": "https://brain.example/v1",
            "brain.model": "m",
            "brain.api_key": "sk-in-the-pipe",
            "tools.folder": str(tmp_path),
            "session.modalities": ("text",),
        }
    )
    line = server_orders(settings, "one-time")
    assert b"\n" not in line
    orders = orjson.loads(line)
    assert orders["token"] == "one-time"
    assert Settings(**orders["settings"]).model_dump() == settings.model_dump()


async def test_server_in_the_child_lets_in_the_bearer_of_the_token_alone() -> None:
    orders = server_orders(load_settings(), "one-time-token")
    async with running_child(MODULE, orders, name="speech server") as child:
        assert child.ready.startswith("ws://127.0.0.1:")
        assert await is_let_in(child.ready, "one-time-token")
        assert not await is_let_in(child.ready, "another")
        assert not await is_let_in(child.ready, None)


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals elsewhere")
async def test_keys_and_end_of_the_terminal_are_left_to_the_parent() -> None:
    async with running_child(MODULE, server_orders(load_settings(), "t"), name="server") as child:
        os.kill(child.pid, signal.SIGINT)
        os.kill(child.pid, signal.SIGHUP)
        assert await is_let_in(child.ready, "t")


async def test_orders_that_make_no_sense_end_in_one_line() -> None:
    orders = orjson.loads(server_orders(load_settings(), "t"))
    orders["settings"]["brain"]["kind"] = "psychic"
    with pytest.raises(EngineError) as caught:
        async with running_child(MODULE, orjson.dumps(orders), name="speech server"):
            raise AssertionError("no such server may become ready")
    assert len(str(caught.value).splitlines()) == 1


def test_child_without_orders_ends_at_once() -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}; from voice.child_main import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code], input=b"", capture_output=True, timeout=10, check=False
    )
    assert ended.returncode != 0
    assert b"ready" not in ended.stdout
