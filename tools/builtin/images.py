"""Drawing a picture at a model endpoint, in the background, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools import ToolContext, ToolError, tool
from tools.online import PictureEndpoint
from tools.pictures import LIMIT_S, check_room, draw, fetch, save
from tools.web import WebReader

_MAX_SPOKEN_CHARS = 160
_MAX_CHARS = 4_000


class PictureWeb(WebReader):
    """A service: reads pictures of the public web; tests put another in its place."""

    def __init__(self, context: ToolContext) -> None:
        """Read by the machine's own resolver; the context is not needed for it."""
        super().__init__()


@tool(
    background=True,
    timeout_s=2 * LIMIT_S,
    summary="draw {description}",
    examples=[
        "draw [me] {description}",
        "paint [me] {description}",
        "sketch [me] {description}",
        "(draw|paint|make|create|generate) [me] (a picture|an image|a drawing) of {description}",
        "(generate|create|make) an image (with|showing) {description}",
        "i want (a picture|an image|a drawing) of {description}",
        "(i'd love|i would like|i'd like) [to see] (a picture|an image|a drawing) of {description}",
        "(show|give) me (a picture|an image|a drawing) of {description}",
        "(can|could) you (draw|paint|sketch) {description}",
        "(can|could) you (make|create|generate) [me] (a picture|a drawing) of {description}",
        "let me see what {description} (looks|would look) like",
        "show me what {description} would look like",
        "(imagine|illustrate) {description}",
        "a (picture|drawing|painting) of {description}",
        "(come up with|produce|design|whip up) (a picture|an image|some art) of {description}",
        "(create|make|do|paint) [me] a (watercolor|sketch|portrait|poster) of {description}",
        "(create|make|design) [me] (a cartoon|an illustration|a logo) of {description}",
        "(can|could|may) i (have|see|get) (a picture|an image|a drawing) of {description}",
        "i need (a picture|an image|a drawing|an illustration) of {description}",
        "show me {description} as a (drawing|painting|picture)",
        "(visualize|doodle|render) {description}",
        "what would {description} look like [as a picture]",
    ],
)
def generate_image(ctx: ToolContext, description: str) -> dict[str, Any]:
    """Draw a picture of what is described; it takes a while and is shown and kept when it is done.

    Args:
        ctx: Given by the registry.
        description: What is to be seen, and in which style, such as "a red fox in the snow".
    """
    description = " ".join(description.split())[:_MAX_CHARS]
    if not description:
        raise ToolError("What should I draw?")
    place, folder = _prepared(ctx)
    ctx.show(f"drawing {description}: asked {place.endpoint.model}")
    drawn = draw(place, description)
    if drawn.links:
        ctx.show(f"drawing {description}: fetching the picture")
    picture = fetch(drawn, place, ctx.service(PictureWeb))
    path = save(picture, folder, description, ctx.now()).resolve()
    ctx.show(f"picture: {path}")
    return {
        "spoken": f"Your picture is there: {_short(drawn.prompt or description)}.",
        "picture": {"path": str(path), "media_type": picture.media_type},
        "prompt": drawn.prompt or description,
    }


@generate_image.on_begin
def say_what_is_missing(ctx: ToolContext) -> None:
    """Raise ToolError where nothing that draws was set up, or nothing more can be kept."""
    _prepared(ctx)


def _prepared(ctx: ToolContext) -> tuple[PictureEndpoint, Path]:
    """Return what draws, and the folder to keep it in."""
    place = ctx.online.pictures
    if place is None:
        raise ToolError(
            "I need a model that draws for that: set tools.image.base_url, and its key as "
            "tools.image.api_key."
        )
    folder = ctx.online.pictures_dir or ctx.data_dir / "pictures"
    check_room(folder)
    return place, folder


def _short(description: str) -> str:
    """Return the first sentence, without the full stop, as it goes into one of ours."""
    plain = " ".join(description.split())
    first = plain.split(". ")[0].rstrip(".!? ")
    if len(first) > _MAX_SPOKEN_CHARS:
        first = first[:_MAX_SPOKEN_CHARS].rsplit(" ", 1)[0]
    return first if first[1:2].isupper() else first[:1].lower() + first[1:]
