"""A pytest plugin: the whole suite at DEBUG with a canary key about, and everything said searched.

``make canary`` runs it. Every vendor's variable holds the key, so that whatever reads one has it; a
test whose output, log, traceback or failure shows the key fails.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from typing import Any

import pytest

KEY = "sk-canary-5b0f3d9e77c142a8"
VARIABLES = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "DEERAPI_KEY", "VOICE_API_KEY")
CHATTY = ("websockets", "httpx", "httpcore", "openai", "anthropic", "urllib3")
"""Held at INFO by ``voice.logs`` as well: their DEBUG lines are headers and bodies."""


def pytest_configure(config: pytest.Config) -> None:
    """Put the key where keys are looked for."""
    for name in VARIABLES:
        os.environ[name] = KEY


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Log everything; anew for each test, since some change the levels."""
    logging.getLogger().setLevel(logging.DEBUG)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.INFO)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, None]:
    """Fail a test whose captured output or failure holds the key."""
    outcome = yield
    report = outcome.get_result()
    places = [name for name, text in report.sections if KEY in text]
    if KEY in report.longreprtext:
        places.append("the failure itself")
    if places:
        report.outcome = "failed"
        report.longrepr = f"the canary key was shown in: {', '.join(places)}"
