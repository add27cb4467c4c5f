"""What the settings put beside a session: recordings, a gate, a budget."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from voice.client.gate import KEEP_ALIVE_MS, GatedMicrophone
from voice.client.place import Place
from voice.protocol.endpoints import Endpoint, resolve
from voice.session_parts import SessionParts, parts_of
from voice.settings import load_settings
from voice.testing.sound import ScriptedMicrophone

TOKEN = SecretStr("token-of-our-own")
OWN = Place(Endpoint.local("ws://127.0.0.1:1"))


def made(record: Path | None = None, place: Place = OWN, **settings: object) -> SessionParts:
    overrides = {name.replace("__", "."): value for name, value in settings.items()}
    return parts_of(load_settings(overrides=overrides), [place], record, TOKEN)


def test_nothing_stands_beside_a_session_that_wants_nothing() -> None:
    parts = made()
    microphone = ScriptedMicrophone()
    assert parts.spans is None
    assert parts.recorder is None
    assert parts.observers == []
    assert parts.heard_through(microphone) is microphone
    assert parts.budget.book is None


def test_every_session_is_recorded_into_the_folder_where_that_is_set(tmp_path: Path) -> None:
    old = tmp_path / "records" / "old.vbox"
    old.parent.mkdir()
    (old.parent / "new.vbox").write_bytes(b"")
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    folder = str(tmp_path / "records")
    first = made(record__always=True, record__folder=folder).recorder
    second = made(record__always=True, record__folder=folder).recorder
    assert first is not None and second is not None
    assert first.path.parent == second.path.parent == tmp_path / "records"
    assert first.path != second.path
    assert not old.exists()
    assert (old.parent / "new.vbox").exists()


def test_a_file_that_is_named_goes_before_the_folder(tmp_path: Path) -> None:
    recorder = made(tmp_path / "named.vbox", record__always=True).recorder
    assert recorder is not None
    assert recorder.path == tmp_path / "named.vbox"


def test_a_folder_that_cannot_be_written_costs_the_recording_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recorder = made(record__always=True, record__folder=str(tmp_path / "file")).recorder
    assert recorder is not None
    recorder.start({})
    assert recorder.stopped_because is not None


def test_the_gate_is_loaded_where_silence_is_kept_back() -> None:
    parts = made(audio__send_silence=False)
    assert isinstance(parts.heard_through(ScriptedMicrophone()), GatedMicrophone)
    assert len(parts.observers) == 1


def test_an_endpoint_that_closes_what_is_idle_gets_signs_of_life_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        "voice.session_parts.SilenceGate", lambda *, keep_alive_ms: seen.append(keep_alive_ms)
    )
    glm = resolve("wss://open.bigmodel.cn/api/paas/v4/realtime", model="m")
    made(audio__send_silence=False)
    made(place=Place(glm), audio__send_silence=False)
    limit_s = glm.capabilities.idle_limit_s
    assert seen[0] == KEEP_ALIVE_MS
    assert limit_s is None or seen[1] <= limit_s * 1_000 // 3
