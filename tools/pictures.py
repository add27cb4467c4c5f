"""Asks a model for a picture, finds the picture in what it answers, and keeps it in a folder."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.endpoint import post_json
from tools.errors import ToolError
from tools.online import PictureEndpoint
from tools.web import WebReader

MAX_PICTURE_BYTES = 32 * 2**20
MAX_PICTURES = 1_000
"""Pictures in the folder; more are refused, since nothing of a person's is deleted for room."""

SECTION = "tools.image"
LIMIT_S = 300.0

_MAX_LINKS = 6
_FETCH_S = 60.0
_MAX_SAID_CHARS = 200
_MAX_WORDS = 6

_SHOWN = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)")
_LINKED = re.compile(r"\[[^\]]*\]\(\s*<?(https?://[^)\s>]+)|(https?://[^\s)\]>\"'`]+)")
_TOLD_PROMPT = re.compile(r'"prompt"\s*:\s*"((?:[^"\\\n]|\\.){1,2000})"')
_WORDED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_PROGRESS = re.compile(r"```.*?```|^>[^\n]*$|!?\[[^\]]*\]\([^)]*\)|https?://\S+", re.S | re.M)
_NAME = re.compile(r"^\d{4}-\d\d-\d\d_\d{6}_.*\.(?:png|jpg|webp|gif)$")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a model answered.

    ``links`` are where the picture may be, the likeliest first: web addresses or data URIs.
    ``prompt`` is what the model says it drew, "" where it does not; ``said`` are its other words.
    """

    links: tuple[str, ...]
    prompt: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was checked to be one."""

    data: bytes
    extension: str

    @property
    def media_type(self) -> str:
        """Its MIME type."""
        return f"image/{'jpeg' if self.extension == 'jpg' else self.extension}"


def draw(place: PictureEndpoint, description: str) -> Drawn:
    """Ask for a picture. Raises ToolError with what is wrong at the endpoint."""
    body: dict[str, Any] = {"model": place.endpoint.model}
    if place.by_chat:
        body["messages"] = [{"role": "user", "content": description}]
        path = "/chat/completions"
    else:
        body["prompt"] = description
        if place.size:
            body["size"] = place.size
        path = "/images/generations"
    answer = post_json(place.endpoint, path, body, limit_s=LIMIT_S, section=SECTION)
    return read_chat_answer(answer) if place.by_chat else read_images_answer(answer)


def read_images_answer(answer: dict[str, Any]) -> Drawn:
    """Read what ``/images/generations`` answers: base64 or an address."""
    entries = answer.get("data")
    first = entries[0] if isinstance(entries, list) and entries else None
    if not isinstance(first, dict):
        return Drawn(())
    coded, url = first.get("b64_json"), first.get("url")
    links = [f"data:;base64,{coded}"] if isinstance(coded, str) and coded else []
    links += [url] if isinstance(url, str) and url else []
    prompt = first.get("revised_prompt")
    return Drawn(tuple(links), prompt if isinstance(prompt, str) else "")


def read_chat_answer(answer: dict[str, Any]) -> Drawn:
    """Read what ``/chat/completions`` answers: Markdown with progress and links, or parts."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(message, dict):
        return Drawn(())
    text = "\n".join(_texts(message.get("content")))
    told = _TOLD_PROMPT.search(text)
    links = dict.fromkeys(
        [*_parts(message), *_SHOWN.findall(text), *(a or b for a, b in _LINKED.findall(text))]
    )
    # Beside a picture a link is a button; elsewhere its words belong to a sentence.
    plain = text if _SHOWN.search(text) else _WORDED.sub(r"\1", text)
    said = " ".join(_PROGRESS.sub(" ", plain).split())[:_MAX_SAID_CHARS]
    prompt = re.sub(r"\\(.)", r"\1", told[1]) if told else ""
    return Drawn(tuple(links)[:_MAX_LINKS], prompt, said)


def fetch(drawn: Drawn, place: PictureEndpoint, reader: WebReader) -> Picture:
    """Return the picture of the first link that leads to one.

    Links are a stranger's: they are read as any page of the public web is, or from the endpoint
    itself. Raises ToolError where none leads to a picture, with the model's own words where it
    sent some: a refusal may hold a link too, such as one to the vendor's rules.
    """
    said = f" It said: {drawn.said}" if drawn.said else ""
    if not drawn.links:
        raise ToolError(f"The model sent no picture.{said}")
    causes: list[str] = []
    for link in drawn.links:
        try:
            data = _read(link, place, reader)
            return Picture(data, extension_of(data))
        except ToolError as error:
            causes.append(str(error))
    raise ToolError(f"The picture could not be fetched. {causes[0]}{said}")


def extension_of(data: bytes) -> str:
    """Return png, jpg, webp or gif by the first bytes. Raises ToolError for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    raise ToolError("What came is no picture.")


def check_room(folder: Path) -> None:
    """Make the folder, and raise ToolError where it cannot be had or holds too many pictures."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        count = sum(1 for entry in folder.iterdir() if _NAME.match(entry.name))
    except OSError as error:
        raise ToolError(f"I cannot keep pictures in {folder}: {error.strerror}.") from error
    if count >= MAX_PICTURES:
        raise ToolError(f"There are {count} pictures in {folder} already; please remove some.")


def save(picture: Picture, folder: Path, description: str, now: datetime) -> Path:
    """Write the picture under a name of its own, for its owner alone. Raises ToolError."""
    words = re.findall(r"[a-z0-9]+", description.lower())[:_MAX_WORDS]
    stem = f"{now:%Y-%m-%d_%H%M%S}_{'-'.join(words)[:60] or 'picture'}"
    for number in range(1, 100):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.{picture.extension}"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise ToolError(f"I cannot keep pictures in {folder}: {error.strerror}.") from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(picture.data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise ToolError(f"I cannot keep pictures in {folder}: {error.strerror}.") from error
        return path
    raise ToolError(f"There are too many pictures of one name in {folder}.")


def _read(link: str, place: PictureEndpoint, reader: WebReader) -> bytes:
    if not link.startswith("data:"):
        own = place.endpoint.base_url
        return reader.read_file(link, max_bytes=MAX_PICTURE_BYTES, own=own, limit_s=_FETCH_S)
    head, _, coded = link.partition(",")
    if not head.endswith(";base64") or len(coded) > MAX_PICTURE_BYTES * 4 // 3 + 4:
        raise ToolError("What came is no picture.")
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ToolError("The picture came broken.") from error


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]


def _parts(message: dict[str, Any]) -> Iterator[str]:
    """Yield addresses of pictures that stand beside the text, as some gateways send them."""
    content, images = message.get("content"), message.get("images")
    for part in [*(content if isinstance(content, list) else ()),
                 *(images if isinstance(images, list) else ())]:  # fmt: skip
        shown = part.get("image_url") if isinstance(part, dict) else None
        url = shown.get("url") if isinstance(shown, dict) else shown
        if isinstance(url, str):
            yield url
