"""Checks of plain values: each returns the value or refuses it, naming the parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from voice.core import refusals

Check: TypeAlias = Callable[[str, Any], Any]


def text(param: str, value: Any) -> str:
    """Take a string; null is the empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusals.invalid_type(param, "a string", value)
    return value


def flag(param: str, value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise refusals.invalid_type(param, "a boolean", value)
    return value


def number(low: float, high: float) -> Check:
    """Return a check that takes numbers from ``low`` to ``high``."""

    def check(param: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusals.invalid_type(param, "a number", value)
        if not low <= value <= high:
            raise refusals.out_of_range(param, low, high, value, kind="decimal")
        return value

    return check


def integer(low: int, high: int, *, nullable: bool = False) -> Check:
    """Return a check that takes whole numbers from ``low`` to ``high``."""

    def check(param: str, value: Any) -> Any:
        if value is None and nullable:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise refusals.invalid_type(param, "an integer", value)
        if not low <= value <= high:
            raise refusals.out_of_range(param, low, high, value, kind="integer")
        return value

    return check


def one_of(*values: str) -> Check:
    """Return a check that takes these words."""

    def check(param: str, value: Any) -> Any:
        if value is not None and not isinstance(value, str):
            raise refusals.invalid_type(param, "a string", value)
        if value not in values:
            raise refusals.invalid_value(param, ", ".join(map(repr, values)), value)
        return value

    return check


def fields_of(param: str, value: Any, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Take an object with none but these fields, each of them null or good."""
    if not isinstance(value, dict):
        raise refusals.invalid_type(param, "an object", value)
    taken = {}
    for key, entry in value.items():
        where = f"{param}.{key}"
        if key not in checks:
            raise refusals.unknown_parameter(where)
        taken[key] = None if entry is None else checks[key](where, entry)
    return taken
