import json

from voice.diagnosis import Outcome, Step
from voice.ui import doctor as doctor_module
from voice.ui.doctor import doctor

GOOD = Step("resolve", Outcome.OK, "a is 127.0.0.1", 3)
ODD = Step("models", Outcome.WARNING, "lists no models", 10, "not needed to talk")
NOISE = Step("noise", Outcome.OK, "-60 dBFS", figures={"noise_floor_dbfs": -60.4})
BAD = Step("connect", Outcome.FAILED, "refused the key", 5, "set the key")


def examined(monkeypatch, *steps):
    async def diagnose(_):
        for step in steps:
            yield step

    monkeypatch.setattr(doctor_module, "diagnose", diagnose)


def heard(monkeypatch, *steps):
    async def check_sound(_, *, tell):
        tell("playing, please hush")
        for step in steps:
            yield step

    monkeypatch.setattr(doctor_module, "check_sound", check_sound)


async def test_a_sound_examination_ends_with_0(monkeypatch, capsys):
    examined(monkeypatch, GOOD)
    assert await doctor(None, as_json=False, with_sound=False) == 0
    told = capsys.readouterr().out
    assert "ok   resolve" in told
    assert "Everything works." in told


async def test_a_failed_step_names_itself_and_its_mend(monkeypatch, capsys):
    examined(monkeypatch, GOOD, BAD)
    assert await doctor(None, as_json=False, with_sound=False) == 4
    told = capsys.readouterr().out
    assert "FAIL connect" in told
    assert "→ set the key" in told
    assert "mend 'connect' first" in told


async def test_a_warning_is_no_failure(monkeypatch, capsys):
    examined(monkeypatch, GOOD, ODD)
    assert await doctor(None, as_json=False, with_sound=False) == 0
    assert "1 thing(s) to look at" in capsys.readouterr().out


async def test_json_holds_every_step(monkeypatch, capsys):
    examined(monkeypatch, GOOD, BAD)
    assert await doctor(None, as_json=True, with_sound=False) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["works"] is False
    assert [step["outcome"] for step in told["steps"]] == ["ok", "failed"]
    assert told["steps"][1]["mend"] == "set the key"


async def test_the_sound_is_checked_first_and_what_is_played_is_announced(monkeypatch, capsys):
    examined(monkeypatch, GOOD)
    heard(monkeypatch, NOISE)
    assert await doctor(None, as_json=False, with_sound=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "playing, please hush" in lines[0]
    assert lines[1].startswith("ok   noise")
    assert lines[2].startswith("ok   resolve")


async def test_json_holds_the_figures_and_nothing_but_json(monkeypatch, capsys):
    examined(monkeypatch, GOOD)
    heard(monkeypatch, NOISE)
    assert await doctor(None, as_json=True, with_sound=True) == 0
    noise, resolve = json.loads(capsys.readouterr().out)["steps"]
    assert noise["figures"] == {"noise_floor_dbfs": -60.4}
    assert "figures" not in resolve


async def test_without_sound_nothing_is_played(monkeypatch, capsys):
    examined(monkeypatch, GOOD)
    heard(monkeypatch, BAD)
    assert await doctor(None, as_json=False, with_sound=False) == 0
    assert "hush" not in capsys.readouterr().out
