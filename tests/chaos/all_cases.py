"""Every case of FAULTS §3 from N01 to S10: the ones that run, and the ones that cannot run yet."""

from __future__ import annotations

from dataclasses import replace

from tests.chaos import (
    address_cases,
    kernel,
    network_cases,
    protocol_cases,
    session_cases,
    slow_cases,
    tool_cases,
)
from tests.chaos.cases import Case, NotYet

_FILES = (network_cases, slow_cases, address_cases, protocol_cases, tool_cases, session_cases)

_IN_KERNEL = [replace(case, backend="kernel") for case in kernel.cases.all]

CASES: tuple[Case, ...] = tuple(
    sorted(
        [*(case for file in _FILES for case in file.cases.all), *_IN_KERNEL],
        key=lambda case: (case.name, case.variant, case.backend != "scripted", case.backend),
    )
)

NOT_YET = (
    NotYet("N08", "black hole on the browser's side", "page"),
    NotYet("S09", "our service is killed and restarted under the page", "page"),
    NotYet("S10", "the page is reloaded, or opened twice", "page"),
)

NAMES = (
    *(f"N{number:02}" for number in range(1, 27)),
    *(f"P{number:02}" for number in range(1, 18)),
    *(f"S{number:02}" for number in range(1, 11)),
)
"""What the matrix names."""
