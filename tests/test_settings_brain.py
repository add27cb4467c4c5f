"""What ``[brain]`` takes, what it refuses, and what it says then."""

import pytest

from voice.errors import SettingsError
from voice.settings import load_settings
from voice.settings_brain import BrainSettings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


MODEL = {"brain.kind": "openai", "brain.model": "m"}


def brain(**values):
    named = {f"brain.{name}": value for name, value in values.items()}
    return load_settings(overrides={**MODEL, **named}).brain


def refusal(**values):
    with pytest.raises(SettingsError) as caught:
        brain(**values)
    return str(caught.value)


def test_only_what_is_set_is_a_parameter():
    assert brain().parameters() == {}
    made = brain(
        top_p=0.5,
        n=1,
        stop='["###", "END"]',
        logit_bias='{"50256": -100}',
        logprobs=True,
        top_logprobs=3,
        response_format='{"type": "json_object"}',
        reasoning_effort="xhigh",
        prompt_cache_retention="24h",
        metadata='{"task": "7"}',
    )
    assert made.parameters() == {
        "top_p": 0.5,
        "n": 1,
        "stop": ["###", "END"],
        "logit_bias": {"50256": -100.0},
        "logprobs": True,
        "top_logprobs": 3,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "xhigh",
        "prompt_cache_retention": "24h",
        "metadata": {"task": "7"},
    }


def test_one_stop_sequence_may_stand_alone():
    assert brain(stop="###").parameters() == {"stop": ["###"]}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("n", 2, "one voice"),
        ("top_p", 1.5, "top_p"),
        ("presence_penalty", -3, "presence_penalty"),
        ("top_logprobs", 3, "brain.logprobs"),
        ("stop", '["1", "2", "3", "4", "5"]', "stop"),
        ("reasoning_effort", "huge", "reasoning_effort"),
        ("logit_bias", '{"1": 200}', "logit_bias"),
        ("modalities", '["audio"]', "pcm16"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(name, value, said):
    assert said in refusal(**{name: value})


def test_a_kind_finds_its_address_and_an_address_its_kind():
    made = load_settings(overrides={"brain.kind": "anthropic", "brain.model": "m"}).brain
    assert made.base_url == "https://api.anthropic.com"
    assert made.key_header() == "x-api-key"
    url = "https://api.anthropic.com/v1"
    assert load_settings(overrides={"brain.base_url": url, "brain.model": "m"}).brain.kind == (
        "anthropic"
    )


def test_a_gateway_gets_a_bearer_key():
    made = brain(kind="anthropic", base_url="https://api.deerapi.com/v1")
    assert (made.kind, made.key_header()) == ("anthropic", "bearer")
    assert brain(kind="anthropic", auth="x-api-key", base_url="http://h").key_header() == (
        "x-api-key"
    )


def test_what_the_other_interface_lacks_is_said_at_the_start():
    assert "brain.extra_body" in refusal(kind="anthropic", verbosity="low")


def test_the_vendors_variable_holds_the_key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-open-1")
    for kind, key in (("anthropic", "sk-ant-1"), ("openai", "sk-open-1")):
        made = load_settings(overrides={"brain.kind": kind, "brain.model": "m"}).brain
        assert made.api_key.get_secret_value() == key


@pytest.mark.parametrize(
    ("values", "is_strict"),
    [
        ({"kind": "openai", "model": "m"}, True),
        ({"base_url": "https://gateway.example/v1", "model": "m"}, False),
        ({"base_url": "https://gateway.example/v1", "model": "m", "strict_tools": True}, True),
        ({"kind": "openai", "model": "m", "strict_tools": False}, False),
    ],
)
def test_strict_tools_are_for_openai_and_for_who_wants_them(values, is_strict):
    assert BrainSettings(**values).wants_strict_tools() is is_strict


@pytest.mark.parametrize(
    "call", ["/chat/completions", "/messages", "/audio/speech", "/images/generations/"]
)
def test_an_address_with_the_call_behind_it_is_told(call: str) -> None:
    with pytest.raises(SettingsError, match="up to where .* begins"):
        brain(base_url=f"https://api.deerapi.com/v1{call}")
