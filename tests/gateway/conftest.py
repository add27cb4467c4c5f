"""One process of each mock server for all tests that ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.cli_kit import ROOT
from tests.foreign.foreign_kit import FOREIGN, free_port, running
from tests.gateway.gateway_kit import Remote
from tests.interop.make_environments import Environments

GATEWAY = Environments("gateway")


@pytest.fixture(scope="session")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """``llmock`` of PyPI: breaks what it is told to break, and judges its client."""
    if not GATEWAY.is_ready("llmock"):
        pytest.skip("!! NO MOCK SERVER llmock: `make test-foreign` makes build/gateway/llmock")
    root = f"http://127.0.0.1:{(port := free_port())}"
    command = [str(GATEWAY.python_of("llmock").with_name("llmock")), "serve", "-p", str(port)]
    log = tmp_path_factory.mktemp("llmock") / "log.txt"
    with running(command, health_url=f"{root}/health", log=log):
        yield Remote(root, {"openai": f"{root}/v1", "anthropic": f"{root}/anthropic"})


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """``@copilotkit/aimock`` of npm, with the fixtures of ``tests/foreign``."""
    if not FOREIGN.is_ready("aimock"):
        pytest.skip("!! NO FOREIGN SERVER aimock: `make test-foreign` makes build/foreign/aimock")
    root = f"http://127.0.0.1:{(port := free_port())}"
    program = FOREIGN.home("aimock") / "node_modules/@copilotkit/aimock/dist/cli.js"
    fixtures = ROOT / "tests" / "foreign" / "aimock" / "fixtures.json"
    command = ["node", str(program), "-p", str(port), "-f", str(fixtures)]
    log = tmp_path_factory.mktemp("aimock") / "log.txt"
    with running(command, health_url=f"{root}/health", log=log):
        yield Remote(root, {"openai": f"{root}/v1", "anthropic": root})


@pytest.fixture(scope="session")
def llamacpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """llama.cpp's own server with a real model of 135 million parameters."""
    if not GATEWAY.is_ready("llamacpp"):
        pytest.skip("!! NO MODEL SERVER llamacpp: `make test-foreign` makes build/gateway/llamacpp")
    root = f"http://127.0.0.1:{(port := free_port())}"
    script = ROOT / "tests" / "gateway" / "llamacpp" / "serve.py"
    command = [str(GATEWAY.python_of("llamacpp")), str(script), str(port)]
    log = tmp_path_factory.mktemp("llamacpp") / "log.txt"
    with running(command, health_url=f"{root}/slots", log=log):
        yield Remote(root, {"openai": f"{root}/v1"})
