"""What a chaos case is, and the list of all of them in the order of FAULTS §3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.chaos.stage import Stage

ALONE = frozenset({"N01r", "P17", "S08"})
"""Ids of cases that measure, or load a machine alone: ``make chaos`` runs them last."""

Act: TypeAlias = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One case of the fault matrix, at one kind of endpoint.

    ``sees`` is what the user hears or sees. ``speed`` is that of the loop. ``act`` breaks something
    and waits until it is mended; what must hold after every case is checked by whoever runs it.
    """

    name: str
    title: str
    sees: str
    act: Act
    backend: str = "scripted"
    speed: float = 5.0

    variant: str = ""

    @property
    def id(self) -> str:
        """What the case is called in tests and on the command line."""
        name = f"{self.name}{self.variant}"
        return name if self.backend == "scripted" else f"{name}-{self.backend}"


@dataclass(frozen=True)
class NotYet:
    """A case that cannot be run yet, and why."""

    name: str
    title: str
    why: str


class Cases:
    """Collects cases; one for each file of them."""

    def __init__(self) -> None:
        self.all: list[Case] = []

    def case(
        self,
        name: str,
        title: str,
        sees: str,
        *,
        own: bool = False,
        scripted: bool = True,
        speed: float = 5.0,
        variant: str = "",
    ) -> Callable[[Act], Act]:
        """Return a decorator that adds a case; ``own`` runs it at our server too.

        ``variant`` is a letter that tells two ways of one case apart.
        """

        def add(act: Act) -> Act:
            backends = ["scripted"] * scripted + ["own"] * own
            self.all += [
                Case(name, title, sees, act, backend, speed, variant) for backend in backends
            ]
            return act

        return add
