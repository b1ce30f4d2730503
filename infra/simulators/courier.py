"""Carries a vendor's webhooks to whoever listens: tried again after a while when nobody says thank you."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from infra.simulators import clock

Json = dict[str, Any]
Letter = tuple[bytes, dict[str, str]]
_AT_ONCE = 10


class Courier:
    """Delivers JSON over HTTP, up to ten requests at once. Used from a simulator's event loop only."""

    def __init__(self) -> None:
        self.outbox: list[Json] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._senders = ThreadPoolExecutor(_AT_ONCE, "courier")

    def forget(self) -> None:
        """Drops everything sent and still to be sent."""
        for delivery in self._under_way:
            delivery.cancel()
        self.outbox.clear()

    def close(self) -> None:
        """Stops delivering for good."""
        self.forget()
        self._senders.shutdown(wait=False, cancel_futures=True)

    def send(
        self,
        url: str | None,
        content: Json,
        write: Callable[[int], Letter],
        *,
        delays: Sequence[float],
        timeout: float,
        first_after: float = 0.0,
    ) -> None:
        """Delivers one letter, written anew for each attempt (0, 1, ...), until a 2xx answer or no delay is left.

        `content` stands in the outbox beside the attempts. Delays and timeout are seconds.
        """
        entry = {"url": url, **content, "state": "pending", "attempts": []}
        self.outbox.append(entry)
        if url is None:
            entry["state"] = "not sent: no URL is set"
            return
        delivery = asyncio.get_running_loop().create_task(
            self._deliver(url, entry, write, [first_after, *delays], timeout)
        )
        self._under_way.add(delivery)
        delivery.add_done_callback(self._under_way.discard)

    async def _deliver(
        self, url: str, entry: Json, write: Callable[[int], Letter], delays: list[float], timeout: float
    ) -> None:
        for number, delay in enumerate(delays):
            await asyncio.sleep(delay)
            loop = asyncio.get_running_loop()
            attempt = await loop.run_in_executor(self._senders, _post, url, write, number, timeout)
            entry["attempts"].append(attempt)
            if 200 <= (attempt["status"] or 0) < 300:
                entry["state"] = "delivered"
                return
        entry["state"] = "lost"


def _post(url: str, write: Callable[[int], Letter], number: int, timeout: float) -> Json:
    body, headers = write(number)
    attempt: Json = {"attemptNumber": number, "at": clock.iso(clock.now()), "status": None, "error": None}
    headers = {"Content-Type": "application/json", **headers}
    try:
        answer = requests.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        return attempt | {"error": type(error).__name__}
    return attempt | {"status": answer.status_code}
