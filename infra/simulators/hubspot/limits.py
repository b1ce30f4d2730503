"""HubSpot's request limits: a rolling burst for everything but search, and a few searches a second."""

from collections import deque
from collections.abc import Callable

from starlette.responses import Response

from infra.simulators.hubspot.errors import too_fast

SEARCH = "/search"


class RateLimits:
    """Counts requests per window. Limits are requests; windows are seconds (10 and 1)."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.burst = 190
        self.search = 5
        self._all: deque[float] = deque()
        self._searches: deque[float] = deque()

    def forget(self) -> None:
        """Starts both windows afresh."""
        self._all.clear()
        self._searches.clear()

    def refuse(self, path: str) -> Response | None:
        """The 429 this request gets, or None when it may pass (it is counted then)."""
        if path.endswith(SEARCH):
            return self._count(self._searches, 1.0, self.search, "SECONDLY")
        return self._count(self._all, 10.0, self.burst, "TEN_SECONDLY_ROLLING")

    def headers(self, path: str) -> dict[str, str]:
        """The rate headers of an answer; search answers carry none."""
        if path.endswith(SEARCH):
            return {}
        return {
            "X-HubSpot-RateLimit-Max": str(self.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.burst - len(self._all))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }

    def _count(self, window: deque[float], length: float, limit: int, policy: str) -> Response | None:
        now = self._seconds()
        while window and window[0] <= now - length:
            window.popleft()
        if len(window) >= limit:
            return too_fast(policy)
        window.append(now)
        return None
