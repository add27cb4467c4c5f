"""The account of one session: usage by turn, money by price, and which places are out of reach.

It reads the updates of the session, and answers with updates; what the caps forbid is ``barred``,
for the session to obey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voice.client.day_book import DayBook
from voice.core.bounded import BoundedDict
from voice.core.cost import (
    CapNotice,
    Caps,
    CostMeter,
    CostUpdated,
    Prices,
    Tokens,
    tokens_of,
    transcription_price,
)
from voice.core.updates import (
    AssistantTranscript,
    EndpointChanged,
    ResponseFinished,
    SessionReady,
    Update,
    UserSpeechStarted,
    UserTranscript,
    WarningIssued,
)

_MAX_IDS = 256


@dataclass(frozen=True, slots=True)
class Budget:
    """What each place of a session costs, in their order, and how much may be spent.

    None for a place whose prices nobody has told: it counts as free. Without a ``book`` the day's
    cap is that of this session alone. ``doubts`` are told once: which caps may hold nothing.
    """

    prices: Sequence[Prices | None] = ()
    caps: Caps = field(default_factory=Caps)
    currency: str = "USD"
    book: DayBook | None = None
    doubts: Sequence[str] = ()


@dataclass(slots=True)
class _TurnCost:
    tokens: Tokens = field(default_factory=Tokens)
    price: float = 0.0


class Bookkeeper:
    """Keeps the account; used from the session's event loop."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._book = budget.book
        self._meter = CostMeter(budget.caps, spent_today=self._book.total() if self._book else 0.0)
        self._day = self._book.day if self._book else None
        self._doubts = tuple(budget.doubts)
        self._place = 0
        self._turn = _TurnCost()
        self._turns: BoundedDict[str, _TurnCost] = BoundedDict(_MAX_IDS)
        paid = (n for n, prices in enumerate(budget.prices) if prices and not prices.is_free)
        self._paid = frozenset(paid)

    @property
    def barred(self) -> frozenset[int]:
        """The places that must not be used now: those that cost something, once a cap is reached.

        A new day lifts the cap of the day.
        """
        self._look_at_the_day()
        return self._paid if self._meter.reached is not None else frozenset()

    @property
    def reason(self) -> str:
        """Say which cap is reached, and what to do; empty where none is."""
        reached = self._meter.reached
        return "" if reached is None else self._told(reached)

    def turn_began(self) -> None:
        """The user has begun a turn that no update tells of: a typed one."""
        self._turn = _TurnCost()

    def take(self, update: Update) -> list[Update]:
        """Take in an update; return what it costs, and warnings of caps."""
        match update:
            case SessionReady():
                doubts, self._doubts = self._doubts, ()
                return [WarningIssued("cap_in_doubt", doubt) for doubt in doubts]
            case EndpointChanged():
                self._place = update.index
            case UserSpeechStarted():
                self._turn = _TurnCost()
                if update.item_id:
                    self._turns[update.item_id] = self._turn
            case AssistantTranscript():
                self._turns.setdefault(update.response_id, self._turn)
            case ResponseFinished() if update.usage:
                prices, tokens = self._prices, tokens_of(update.usage)
                price = None if prices is None else tokens.price(prices)
                return self._add(update.response_id, "", tokens, price)
            case UserTranscript(is_final=True) if update.usage:
                return self._transcribed(update.item_id, update.usage)
        return []

    def _transcribed(self, item_id: str, usage: Mapping[str, Any]) -> list[Update]:
        prices = self._prices
        price = None if prices is None else transcription_price(usage, prices)
        is_timed = usage.get("type") == "duration"
        return self._add("", item_id, Tokens() if is_timed else tokens_of(usage), price)

    @property
    def _prices(self) -> Prices | None:
        prices = self._budget.prices
        return prices[self._place] if self._place < len(prices) else None

    def _add(
        self, response_id: str, item_id: str, tokens: Tokens, price: float | None
    ) -> list[Update]:
        self._look_at_the_day()
        paid = price or 0.0
        spent_today = self._book.add(paid) if self._book is not None else None
        notices = self._meter.add(tokens, paid, spent_today=spent_today)
        turn = self._turns.get(response_id or item_id, self._turn)
        turn.tokens, turn.price = turn.tokens + tokens, turn.price + paid
        cost = CostUpdated(
            response_id,
            item_id,
            tokens=tokens,
            turn_tokens=turn.tokens,
            session_tokens=self._meter.tokens,
            price=price,
            turn=turn.price,
            session=self._meter.session,
            day=self._meter.day,
            currency=self._budget.currency,
        )
        if price is None:
            cost = replace(cost, turn=None, session=None, day=None)
        return [cost, *(self._warning(notice) for notice in notices)]

    def _look_at_the_day(self) -> None:
        if self._book is None:
            return
        spent_today = self._book.total()
        if self._book.day != self._day:
            self._day = self._book.day
            self._meter.begin_day(spent_today)
        else:
            self._meter.others_spent(spent_today)

    def _warning(self, notice: CapNotice) -> WarningIssued:
        code = f"{notice.of}_cap_{'reached' if notice.is_reached else 'near'}"
        return WarningIssued(code, self._told(notice))

    def _told(self, notice: CapNotice) -> str:
        currency = self._budget.currency
        whose = "this session's cap" if notice.of == "session" else "the day's cap"
        state = "is reached" if notice.is_reached else "is near"
        mend = "start another session, or raise cost.session_cap"
        if notice.of == "day":
            mend = "wait until midnight, or raise cost.day_cap"
        spent = f"{notice.spent:.2f} of {notice.cap:.2f} {currency}"
        return f"{whose} {state}: {spent} spent; {mend}"
