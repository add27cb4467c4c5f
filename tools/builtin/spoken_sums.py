"""Sums in words and signs: "fifteen percent of eighty", "2 + 2", "subtract 3 from 10".

They are read by a parser of their own and never run as a program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tools.builtin.arithmetic import (
    ArithmeticFault,
    bounded,
    divide,
    factorial,
    modulo,
    power,
    root,
    say_value,
)
from tools.spoken.numbers import read_number, read_ordinal, words_of

MAX_CHARS = 300
_MAX_DEPTH = 40
_LOST = "I couldn't work that out. Say for example: fifteen percent of eighty, or two plus two."
_TOO_LONG = "That is too long for me to work out."


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a sum: a number, or a sign under its canonical name.

    ``said`` is how a voice reads it.
    """

    name: str
    said: str
    value: Fraction | None = None


_PHRASES: tuple[tuple[str, str], ...] = (
    ("raised to the power of", "^"), ("to the power of", "^"), ("raised to", "^"), ("^", "^"),
    ("multiplied by", "*"), ("times", "*"), ("*", "*"), ("x", "*"), ("×", "*"),
    ("divided by", "/"), ("over", "/"), ("/", "/"), ("÷", "/"),
    ("added to", "+"), ("plus", "+"), ("+", "+"),
    ("take away", "-"), ("minus", "-"), ("less", "-"), ("-", "-"),
    ("per cent", "%"), ("percent", "%"), ("%", "%"), ("off", "off"), ("of", "of"), ("on", "of"),
    ("square root of", "sqrt"), ("root of", "sqrt"), ("sqrt", "sqrt"), ("cube root of", "cbrt"),
    ("squared", "squared"), ("cubed", "cubed"), ("factorial", "!"),
    ("modulo", "mod"), ("mod", "mod"), ("double", "double"), ("twice", "double"),
    ("triple", "triple"), ("pi", "pi"), ("(", "("), (")", ")"),
)  # fmt: skip
_SAID = {
    "^": "to the power of", "*": "times", "/": "divided by", "+": "plus", "-": "minus",
    "%": "percent", "sqrt": "the square root of", "cbrt": "the cube root of", "!": "factorial",
    "mod": "modulo",
}  # fmt: skip
_LEAD = re.compile(
    r"^(?:(?:please|what is|what's|whats|how much is|how much are|calculate|compute|work out|"
    r"evaluate|solve|tell me|give me|what does) )+"
)
_TRAIL = re.compile(r"(?: (?:equals?|equal to|makes?|is|come to|please|tip))+$|[ ?=]+$")
_SIGNS = (("**", "^"), ("√", " sqrt "), ("π", " pi "), ("²", " squared "), ("³", " cubed "),
          ("!", " factorial "), ("½", " half "), ("¼", " quarter "))  # fmt: skip
_ARTICLES = frozenset({"the", "a", "an", "tip", "answer", "result"})
_JOINERS = frozenset({"and", "to", "from", "by", "between"})
_VERBS = frozenset({"sum", "product", "difference", "average", "mean", "add", "subtract",
                    "multiply", "divide", "increase", "decrease", "reduce"})  # fmt: skip
_CLOSERS = frozenset({")", "%", "squared", "cubed", "!", "pi"})


def tokenise(text: str) -> list[Token]:
    """Split a sum into tokens; raises ArithmeticFault for a word that is no part of one."""
    if len(text) > MAX_CHARS:
        raise ArithmeticFault(_TOO_LONG)
    text = re.sub(r"(?<=[a-z])!+$", "", text.lower().strip(" .?="))
    for sign, word in _SIGNS:
        text = text.replace(sign, word)
    # A comma is part of a number before three digits, else it lists numbers.
    text = re.sub(r",(?!\d{3}\b)", " ", text)
    words = words_of(_TRAIL.sub("", _LEAD.sub("", " ".join(text.split()))))
    tokens: list[Token] = []
    index = 0
    while index < len(words):
        token, index = _next_token(words, index, tokens)
        if token is not None:
            tokens.append(token)
    return tokens


def evaluate(tokens: Sequence[Token]) -> Fraction:
    """Work a sum out. Raises ArithmeticFault where it cannot be read or has no answer."""
    if not tokens:
        raise ArithmeticFault("Tell me what to work out, for example: two plus two.")
    if tokens[0].name in _VERBS:
        return _verb_phrase(tokens)
    return _Parser(tokens).whole()


def _next_token(words: list[str], index: int, before: list[Token]) -> tuple[Token | None, int]:
    is_after_value = bool(before) and (before[-1].name in ("number", *_CLOSERS))
    # A minus behind a value stands between two; read_number would take it for the next one's own.
    if not (is_after_value and words[index] in ("minus", "-")):
        read = read_number(words, index)
        if read is not None and (words[index] not in ("minus", "negative", "-")):
            return _number(read[0], words[index : read[1]]), read[1]
    if words[index : index + 2] == ["to", "the"]:
        read_power = read_ordinal(words, index + 2)
        if read_power is not None:
            exponent, end = read_power
            if words[end : end + 1] == ["power"]:
                end += 1
            words[index:end] = ["^", str(exponent)]
    for phrase, name in _PHRASES:
        parts = phrase.split()
        if words[index : index + len(parts)] == parts:
            value = Fraction(math.pi) if name == "pi" else None
            return Token(name, _SAID.get(name, parts[0]), value), index + len(parts)
    if words[index] == "negative":
        return Token("-", "minus"), index + 1
    if words[index] in _JOINERS or words[index] in _VERBS:
        return Token(words[index], words[index]), index + 1
    if words[index] in _ARTICLES:
        return None, index + 1
    raise ArithmeticFault(_LOST)


def _number(value: float, words: Sequence[str]) -> Token:
    """Keep the words of a fraction: "half of 90" is better to hear than "0.5 of 90"."""
    exact = Fraction(str(value))
    if exact.denominator == 1 or not all(word.isalpha() for word in words) or "point" in words:
        return Token("number", say_value(exact)[0], exact)
    return Token("number", " ".join(words), exact.limit_denominator(100))


class _Parser:
    """Reads tokens by precedence; a value remembers whether it is a percentage."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    def whole(self) -> Fraction:
        """Read everything as one sum."""
        value, _ = self._sum()
        if self._index != len(self._tokens):
            raise ArithmeticFault(_LOST)
        return value

    def _peek(self) -> str:
        return self._tokens[self._index].name if self._index < len(self._tokens) else ""

    def _take(self) -> Token:
        if self._index >= len(self._tokens):
            raise ArithmeticFault("Something is missing at the end of that.")
        self._index += 1
        return self._tokens[self._index - 1]

    def _sum(self) -> tuple[Fraction, bool]:
        value, is_percent = self._product()
        while self._peek() in ("+", "-"):
            sign = 1 if self._take().name == "+" else -1
            right, right_percent = self._product()
            if right_percent and not is_percent:
                # "80 plus 15 percent" means 15 percent of the 80, as on a pocket calculator.
                right = bounded(value * right)
            value = bounded(value + sign * right)
        return value, is_percent

    def _product(self) -> tuple[Fraction, bool]:
        value, is_percent = self._unary()
        while self._peek() in ("*", "of", "/", "mod", "off", "("):
            name = "*" if self._peek() == "(" else self._take().name
            right, _ = self._unary()
            match name:
                case "/":
                    value = divide(value, right)
                case "mod":
                    value = modulo(value, right)
                case "off":
                    value = bounded((1 - value) * right)
                case _:
                    value = bounded(value * right)
            is_percent = False
        return value, is_percent

    def _unary(self) -> tuple[Fraction, bool]:
        """Read signs before a value and the power after it; they nest, so they are counted."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ArithmeticFault(_TOO_LONG)
        if self._peek() in ("-", "double", "triple"):
            factor = {"-": -1, "double": 2, "triple": 3}[self._take().name]
            inner, is_percent = self._unary()
            value = bounded(factor * inner)
        elif self._peek() in ("sqrt", "cbrt"):
            degree = 2 if self._take().name == "sqrt" else 3
            value, is_percent = root(self._unary()[0], degree), False
        else:
            value, is_percent = self._postfix()
            if self._peek() == "^":
                self._take()
                value, is_percent = power(value, self._unary()[0]), False
        self._depth -= 1
        return value, is_percent

    def _postfix(self) -> tuple[Fraction, bool]:
        value, is_percent = self._primary(), False
        while self._peek() in ("squared", "cubed", "!", "%"):
            match self._take().name:
                case "squared":
                    value = power(value, Fraction(2))
                case "cubed":
                    value = power(value, Fraction(3))
                case "!":
                    value = factorial(value)
                case _:
                    value, is_percent = value / 100, True
        return value, is_percent

    def _primary(self) -> Fraction:
        token = self._take()
        if token.value is not None:
            return token.value
        if token.name != "(":
            raise ArithmeticFault(_LOST)
        value, _ = self._sum()
        if self._take().name != ")":
            raise ArithmeticFault("A bracket is missing in that.")
        return value


def _verb_phrase(tokens: Sequence[Token]) -> Fraction:
    """Read "the sum of 3 and 4", "subtract 3 from 10", "increase 50 by 10 percent"."""
    verb = tokens[0].name
    parts, joiner = _operands(tokens[1:])
    values = [_Parser(part).whole() for part in parts]
    is_percent = [part[-1].name == "%" for part in parts]
    if len(values) < 2:
        raise ArithmeticFault("I need two numbers for that.")
    if verb in ("average", "mean"):
        return divide(bounded(sum(values, Fraction())), Fraction(len(values)))
    if verb in ("product", "multiply"):
        return bounded(math.prod(values, start=Fraction(1)))
    if verb in ("sum", "add") and not any(is_percent):
        return bounded(sum(values, Fraction()))
    if len(values) != 2:
        raise ArithmeticFault("I can do that with two numbers only.")
    if verb == "divide":
        return divide(values[0], values[1])
    if joiner in ("from", "to"):
        values.reverse()
        is_percent.reverse()
    base, change = values
    if is_percent[1]:
        change = bounded(base * change)
    return bounded(base + change if verb in ("sum", "add", "increase") else base - change)


def _operands(tokens: Sequence[Token]) -> tuple[list[list[Token]], str]:
    """Split what follows a verb at "and", "from", "to", "by", and between bare numbers."""
    parts: list[list[Token]] = [[]]
    joiner = "and"
    for token in tokens:
        if token.name in _JOINERS:
            joiner = token.name if token.name != "between" else joiner
            parts.append([])
            continue
        if token.name == "number" and parts[-1] and parts[-1][-1].name == "number":
            parts.append([])
        if token.name != "of" or parts[-1]:
            parts[-1].append(token)
    return [part for part in parts if part], joiner
