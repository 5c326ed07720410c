"""Circuit breaker in front of an endpoint: pure logic on a small state that whoever calls stores and shares.

It opens after `IN_A_ROW` failures one after the other, or where half of the last `WINDOW` calls failed. After a pause
one probe is let through; the pause doubles with each probe that fails, up to `LONGEST`. One that succeeds closes it.
Moments are seconds of any clock that all who share the state agree on.
"""

from dataclasses import dataclass, replace
from typing import Any

IN_A_ROW = 5  # failures that open a breaker
WINDOW = 20  # latest calls of which half that failed open it
FIRST = 60.0  # seconds until the first probe
LONGEST = 900.0  # seconds of a pause
PROBE = 60.0  # seconds after which a probe that was never answered for is given up, and another let through


@dataclass(frozen=True)
class Breaker:
    """State of a breaker: `calls` are the latest, "x" a failure and "." a success; `until` is 0 where it is closed."""

    calls: str = ""
    until: float = 0.0
    pause: float = 0.0
    probe: float = 0.0  # when the probe that is under way began, else 0

    @property
    def is_open(self) -> bool:
        return bool(self.until)

    def waits(self, now: float) -> float:
        """Return the seconds until a call may be made; 0 where one may be made now.

        >>> Breaker(until=160.0, pause=60.0).waits(100.0)
        60.0
        """
        if not self.until:
            return 0.0
        if self.probe and now < self.probe + PROBE:
            return self.probe + PROBE - now
        return max(min(self.until - now, LONGEST), 0.0)  # a clock that was set back prolongs nothing

    def begun(self, now: float) -> "Breaker":
        """Return the state once a call has begun: of an open breaker, it is the probe."""
        return replace(self, probe=now) if self.until else self

    def ended(self, now: float, succeeded: bool) -> "Breaker":
        """Return the state once a call has ended.

        >>> state = Breaker()
        >>> for _ in range(5):
        ...     state = state.ended(0.0, succeeded=False)
        >>> state.is_open, state.waits(0.0)
        (True, 60.0)
        >>> state.ended(60.0, succeeded=True).is_open
        False
        """
        if self.until:
            if succeeded:
                return Breaker(".")
            if not self.probe:
                return self  # began before it opened: what it says is known
            pause = min(max(self.pause, FIRST / 2) * 2, LONGEST)
            return replace(self, until=now + pause, pause=pause, probe=0.0)
        calls = (self.calls + ("." if succeeded else "x"))[-WINDOW:]
        half = len(calls) == WINDOW and calls.count("x") * 2 >= WINDOW
        if not succeeded and (calls.endswith("x" * IN_A_ROW) or half):
            return Breaker(calls, until=now + FIRST, pause=FIRST)
        return replace(self, calls=calls)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"calls": self.calls, "until": self.until, "pause": self.pause, "probe": self.probe}

    @classmethod
    def from_dict(cls, data: Any) -> "Breaker":
        """The reverse of ``to_dict``; a closed one where `data` is none or damaged."""
        try:
            numbers = {name: float(data[name]) for name in ("until", "pause", "probe")}
            return cls(str(data["calls"])[-WINDOW:], **numbers)
        except (TypeError, KeyError, ValueError):
            return cls()
