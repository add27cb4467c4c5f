"""Decides which key in the environment may be sent to which host.

A key is sent only where its owner meant it to go. Our own variables (``VOICE_API_KEY``,
``VOICE_BRAIN__API_KEY``) go wherever the settings point. A vendor's variable goes to that vendor's
hosts alone, and only encrypted, so that a mistyped URL cannot carry it elsewhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

OPENAI_KEY = "OPENAI_API_KEY"
ANTHROPIC_KEY = "ANTHROPIC_API_KEY"

VENDOR_KEYS: Mapping[str, tuple[str, ...]] = {
    "openai.com": (OPENAI_KEY,),
    "anthropic.com": (ANTHROPIC_KEY,),
    "openai.azure.com": ("AZURE_OPENAI_API_KEY",),
    "cognitiveservices.azure.com": ("AZURE_OPENAI_API_KEY",),
    "services.ai.azure.com": ("AZURE_OPENAI_API_KEY",),
    "deerapi.com": ("DEERAPI_API_KEY", "DEERAPI_KEY"),
    "x.ai": ("XAI_API_KEY",),
    "aliyuncs.com": ("DASHSCOPE_API_KEY",),
    "stepfun.com": ("STEPFUN_API_KEY",),
    "bigmodel.cn": ("ZHIPUAI_API_KEY",),
    "inworld.ai": ("INWORLD_API_KEY",),
}
"""Domain -> the variables that hold its keys, the first one set wins; subdomains count."""


def endpoint_key(url: str | None, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (variable, key) of the vendor that runs ``url``, or None.

    None as well for the embedded server (no URL) and for unencrypted URLs.
    """
    parts = urlsplit(url or "")
    if parts.scheme not in ("wss", "https"):
        return None
    for domain, variables in VENDOR_KEYS.items():
        if parts.hostname == domain or (parts.hostname or "").endswith(f".{domain}"):
            return next(((name, environ[name]) for name in variables if environ.get(name)), None)
    return None


def brain_key(
    base_url: str | None, environ: Mapping[str, str], *, is_anthropic: bool = False
) -> tuple[str, str] | None:
    """Return (variable, key) for a Chat Completions or an Anthropic endpoint, or None.

    The vendor's own key comes first. ``OPENAI_API_KEY`` (or ``ANTHROPIC_API_KEY``) is what every
    program that speaks this API reads, also for gateways; it goes to any base URL but one that
    would carry it in clear over a network. No base URL means OpenAI itself.
    """
    if vendor := endpoint_key(base_url, environ):
        return vendor
    name = ANTHROPIC_KEY if is_anthropic else OPENAI_KEY
    key = environ.get(name)
    parts = urlsplit(base_url or "https://api.openai.com/v1")
    if key and (parts.scheme == "https" or _is_loopback(parts)):
        return name, key
    return None


def is_same_host(url: str | None, other: str | None) -> bool:
    """Return whether two addresses are one server, so that what may go to one may go to the other.

    Neither may be in clear where the other is not; ``wss`` and ``https`` are alike.
    """
    one, two = urlsplit(url or ""), urlsplit(other or "")
    return bool(one.hostname) and _origin(one) == _origin(two)


def _origin(parts: SplitResult) -> tuple[bool, str | None, int]:
    is_secure = parts.scheme in ("wss", "https")
    return is_secure, parts.hostname, parts.port or (443 if is_secure else 80)


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
