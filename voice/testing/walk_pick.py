"""How a random conversation chooses: one number at a time, from whoever is asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

Pick = Callable[[int], int]
"""Returns a number from 0 to one less than its argument."""


def one_of(pick: Pick, *options: T) -> T:
    """Return one of the options."""
    return options[pick(len(options))]
