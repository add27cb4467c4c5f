"""A process that holds a session, to be stopped and woken: ``python -m tests.chaos.sleeper URL``.

It says ``answered`` after each answer and ``back`` after each reconnection; a line on its standard
input asks the next question, the end of it hangs up.
"""

from __future__ import annotations

import asyncio
import sys
import threading

from tests.chaos.fast_loop import run_fast
from voice.client.session import Session
from voice.core.updates import Reconnected, ResponseFinished
from voice.protocol.endpoints import resolve

SPEED = 10.0


async def _main(url: str) -> None:
    loop = asyncio.get_running_loop()
    async with Session(endpoint=resolve(url)) as session:
        number = 1001

        def ask() -> None:
            nonlocal number
            session.send_text(f"question {number}")
            number += 1

        def listen() -> None:
            for _ in sys.stdin:
                loop.call_soon_threadsafe(ask)
            loop.call_soon_threadsafe(loop.create_task, session.close())

        threading.Thread(target=listen, daemon=True).start()
        ask()
        async for update in session.updates():
            if isinstance(update, ResponseFinished):
                sys.stdout.write("answered\n")
            elif isinstance(update, Reconnected):
                sys.stdout.write("back\n")
            sys.stdout.flush()


if __name__ == "__main__":
    run_fast(_main(sys.argv[1]), SPEED)
