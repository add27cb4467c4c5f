"""Which key goes where: a vendor's to the vendor, encrypted, and nowhere else."""

from __future__ import annotations

import pytest

from voice.credentials import brain_key, endpoint_key

KEYS = {
    "OPENAI_API_KEY": "openai",
    "AZURE_OPENAI_API_KEY": "azure",
    "DEERAPI_KEY": "deer",
    "XAI_API_KEY": "",
}


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("wss://api.openai.com/v1/realtime", "OPENAI_API_KEY"),
        ("wss://API.OpenAI.com:443/v1/realtime", "OPENAI_API_KEY"),
        ("https://eu.api.openai.com/v1", "OPENAI_API_KEY"),
        ("wss://mine.openai.azure.com/openai/v1/realtime", "AZURE_OPENAI_API_KEY"),
        ("https://mine.services.ai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"),
        ("wss://api.deerapi.com/v1/realtime", "DEERAPI_KEY"),
    ],
)
def test_a_vendors_key_is_taken_for_the_vendors_hosts(url: str, variable: str) -> None:
    assert endpoint_key(url, KEYS) == (variable, KEYS[variable])


@pytest.mark.parametrize(
    "url",
    [
        None,
        "wss://gateway.test/v1/realtime",
        "ws://api.openai.com/v1/realtime",
        "http://api.openai.com/v1",
        "wss://api.openai.com.evil.test/v1/realtime",
        "wss://evilopenai.com/v1/realtime",
        "wss://api.openai.com@evil.test/v1/realtime",
        "wss://host.test/api.openai.com",
    ],
)
def test_a_vendors_key_goes_nowhere_else(url: str | None) -> None:
    assert endpoint_key(url, KEYS) is None


def test_an_empty_variable_is_no_key() -> None:
    assert endpoint_key("wss://api.x.ai/v1/realtime", KEYS) is None


@pytest.mark.parametrize(
    ("base_url", "variable"),
    [
        (None, "OPENAI_API_KEY"),
        ("https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("https://api.deerapi.com/v1", "DEERAPI_KEY"),
        ("https://gateway.test/v1", "OPENAI_API_KEY"),
        ("http://127.0.0.1:8080/v1", "OPENAI_API_KEY"),
        ("http://[::1]:8080/v1", "OPENAI_API_KEY"),
        ("http://localhost:11434/v1", "OPENAI_API_KEY"),
    ],
)
def test_a_brain_gets_the_vendors_key_or_openais(base_url: str | None, variable: str) -> None:
    assert brain_key(base_url, KEYS) == (variable, KEYS[variable])


def test_no_key_goes_over_a_network_in_clear() -> None:
    assert brain_key("http://192.168.0.7:8080/v1", KEYS) is None


def test_without_a_variable_there_is_no_key() -> None:
    assert brain_key("https://gateway.test/v1", {}) is None
