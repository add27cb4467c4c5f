"""The address of a model endpoint: what may be given, and what may be shown of it."""

from __future__ import annotations

import re
from typing import Any

from voice.errors import EngineError


def check_base_url(base_url: str) -> None:
    """Raise EngineError for what is no HTTP address."""
    if not re.match(r"https?://[^/\s]", base_url):
        raise EngineError("brain.base_url must be an http:// or https:// address")


def shown_address(url: Any) -> str:
    """Name the endpoint at an SDK's URL without user name, password, path or query."""
    port = f":{url.port}" if url.port else ""
    return f"the model endpoint {url.scheme}://{url.host}{port}"
