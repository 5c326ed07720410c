"""What a fault of operation is: how it is made, how it is mended, and what is expected of the addon meanwhile."""

import dataclasses

ITSELF = "itself"  # the work that was begun ends well without anybody, and says so to who asked for it
PERSON = "person"  # whoever did something at that moment reads at once that it failed
LOG = "log:"  # before words of the server log
ALERT, HEALTH, ROUTE = "alert:", "health:", "route:"  # before a cause, a code, a status of the address of health


@dataclasses.dataclass(frozen=True)
class Expectation:
    """`told`: of these at least one has to tell, by its beginning, `within` so many seconds.

    `also` are causes of alerts that are true as well; any other alert blames something innocent. `errors` are what
    people may be told while they could work.
    """

    told: tuple[str, ...]
    within: int = 90
    also: tuple[str, ...] = ()
    errors: int = 0


class Fault:
    """One fault; what `inject` begins, `heal` has to end, also where `inject` failed in the middle."""

    name = ""
    expectation = Expectation(told=(ITSELF,))
    is_quick = False  # it takes under half a minute: part of the small drill
    needs_clock = False
    figures: dict  # further figures that it came to: {name: (value, unit, target, met)}

    def __init__(self):
        self.figures = {}

    def prepare(self, world):
        """Make what is needed beforehand, which costs the log lines that are not those of the fault."""

    def inject(self, world):
        raise NotImplementedError

    def heal(self, world):
        """Mend it, as a person would who was told. What is made good by itself needs nothing."""

    def clear(self, world):
        """Take back what `prepare` has made."""


FAULTS = []


def fault(kind):
    """Register a fault; they happen in the order in which they are registered."""
    FAULTS.append(kind)
    return kind
