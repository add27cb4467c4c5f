"""``voice models``: which models the configured places offer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson

from voice.model_offers import Offer, configured_places, model_offers, no_place
from voice.ui.command import console_for
from voice.ui.render import printable

if TYPE_CHECKING:
    from voice.settings import Settings

FAILED_STATUS = 4


async def show_models(settings: Settings, *, only_endpoint: bool, as_json: bool) -> int:
    """Run the command; returns 0 where every place answered, 4 where one did not.

    Raises SettingsError where there is no place to ask.
    """
    places = configured_places(settings)
    if only_endpoint:
        places = [place for place in places if place.name == "endpoint"]
    if not places:
        raise no_place()
    offers = await model_offers(places)
    if as_json:
        print(
            orjson.dumps([_as_json(offer) for offer in offers], option=orjson.OPT_INDENT_2).decode()
        )
    else:
        for offer in offers:
            _show(offer)
    return FAILED_STATUS if any(offer.problem for offer in offers) else 0


def _show(offer: Offer) -> None:
    from rich.text import Text

    console = console_for(sys.stdout)
    place = offer.place
    head = Text(place.name, style="bold")
    head.append(f"  {place.address}", style="default")
    if place.wanted:
        head.append(f"  (asks for {printable(place.wanted)})", style="dim")
    console.print(head, soft_wrap=True)
    if offer.problem:
        console.print(Text(f"  {printable(offer.problem)}", style="bold red"), soft_wrap=True)
        console.print(Text(f"  → {offer.mend}"), soft_wrap=True)
    for name in offer.models:
        is_chosen = name == place.wanted
        mark, style = ("*", "green") if is_chosen else (" ", "default")
        console.print(Text(f"  {mark} {printable(name)}", style=style), soft_wrap=True)
    if offer.advice:
        console.print(Text(f"  {printable(offer.advice)}", style="yellow"), soft_wrap=True)


def _as_json(offer: Offer) -> dict[str, object]:
    return {
        "place": offer.place.name,
        "base_url": offer.place.address,
        "model": offer.place.wanted,
        "models": list(offer.models),
        "problem": offer.problem or None,
        "mend": offer.mend or None,
        "advice": offer.advice or None,
    }
