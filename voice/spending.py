"""What the settings say of money, as a session takes it: prices of its places, caps, the day."""

from __future__ import annotations

from collections.abc import Sequence

from voice.client.bookkeeper import Budget
from voice.client.day_book import DayBook
from voice.core.cost import Caps, Prices
from voice.protocol.endpoints import Endpoint, EndpointKind, resolve
from voice.protocol.known_places import PRESETS
from voice.protocol.self_hosted_places import OWN
from voice.settings import Settings
from voice.settings_cost import EMBEDDED, PriceSettings

FOLDER = "spending"
"""Where the days are kept, in the folder of the user's data."""


def budget_of(settings: Settings, endpoints: Sequence[Endpoint]) -> Budget:
    """Return the budget of a session at these endpoints, in their order.

    The day is kept on disk only where there are prices.
    """
    cost = settings.cost
    prices = [prices_of(settings, endpoint) for endpoint in endpoints]
    book = None
    if any(found is not None for found in prices):
        book = DayBook(settings.tools.data_dir / FOLDER, cost.currency)
    caps = Caps(session=cost.session_cap, day=cost.day_cap, warn_at=cost.warn_at)
    return Budget(prices, caps, cost.currency, book, _doubts(settings))


def _doubts(settings: Settings) -> list[str]:
    """Return one line for each endpoint that counts as free by its address alone, under a cap."""
    cost = settings.cost
    if (cost.session_cap is None and cost.day_cap is None) or EMBEDDED in cost.prices:
        return []
    lines = []
    for place in (settings.endpoint, *settings.endpoint.fallbacks):
        if place.url is None or place.preset is not None or place.url.lower() in PRESETS:
            continue
        endpoint = resolve(place.url)
        if endpoint.kind is EndpointKind.LOCAL:
            lines.append(
                f"{endpoint.safe_url} is taken for our own server, which is free, so no cap holds "
                "it; if this is a paid relay, set preset beside its url, else preset = "
                f'"{OWN.preset}"'
            )
    return lines


def prices_of(settings: Settings, endpoint: Endpoint) -> Prices | None:
    """Return what an endpoint costs, None where nobody has told.

    The table of its model goes before that of its name, and that before the prices for all. Our own
    server has its own table or costs nothing.
    """
    cost = settings.cost
    if endpoint.kind is EndpointKind.LOCAL:
        table: PriceSettings | None = cost.prices.get(EMBEDDED)
    else:
        names = (endpoint.model or "", endpoint.name)
        tables = (cost.prices[name] for name in names if name in cost.prices)
        table = next(tables, cost if cost.is_set else None)
    if table is None:
        return None
    given = {name: getattr(table, name) for name in PriceSettings.model_fields}
    return Prices(**{name: price for name, price in given.items() if price is not None})
