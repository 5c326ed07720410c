"""The kinds of alerts: what each is about, how grave it is, who is notified, and where its remedy is described.

The stored key of an alert (`cause`) is a kind and, where several alerts of one kind can be open on one deployment, a
subject: "drift:country_id:missing". It is composed and parsed here only.
"""

from typing import NamedTuple, Self

from odoo.fields import Domain
from odoo.models import BaseModel

DRIFT = "drift"
QUALITY = "quality"
PERFORMANCE = "performance"
REFERENCE = "reference"
STOPPED = "stopped"
VERSION = "version"
FAILS = "fails"
FILTER = "filter"
NIGHTLY = "nightly"
SLOW = "slow"
SERVER = "server"
BATCH = "batch"
FLOOD = "flood"
ASIDE = "aside"
SUM = "sum"
COUNTS = "counts"
BROKEN = "broken"
HEALTH = "health"
CHANNEL = "channel"
GATE = "gate"
DRILL = "drill"
FALLBACK = "fallback"
CHECKLIST = "checklist"
POC = "poc"
TRAINING = "training"
CHALLENGER = "challenger"
ROLLBACK = "rollback"
ENDPOINT = "endpoint"
SPENDING = "spending"
AGREEMENT = "agreement"
WRITING = "writing"
TEST_ALERT = "trial"

# Who is notified. The owner's deputy, else an administrator, stands in for an owner who is gone.
OWNER = "owner"
OWNER_AND_ADMINISTRATORS = "owner_administrators"
OWNER_AND_BUDGET_HOLDER = "owner_budget_holder"
# Headings of docs/operations.md
ALERTS = "Alerts"
FAULTS = "Faults of the database server"


class AlertKind(NamedTuple):
    """One row of the table.

    `levels` are those that an alert of this kind can have; `heading` is the section of docs/operations.md that says
    what to do. `has_subject`: whether several alerts of the kind can be open on one deployment.
    """

    code: str
    title: str
    levels: tuple[str, ...] = ("alert",)
    audience: str = OWNER
    heading: str = ALERTS
    has_subject: bool = False
    leaves_odoo: bool = True  # whether mail, Discuss and webhooks carry it, beside the owner's activity
    ends_when_read: bool = False
    concerns_data: bool = False  # whether changes of the set-up near its onset may explain it


GRADED = ("alert", "notice")
KINDS = {
    kind.code: kind
    for kind in (
        AlertKind(DRIFT, "Input or score drift", GRADED, has_subject=True, concerns_data=True),
        AlertKind(QUALITY, "Data quality", GRADED, has_subject=True, concerns_data=True),
        AlertKind(PERFORMANCE, "Performance", has_subject=True, concerns_data=True),
        AlertKind(REFERENCE, "A reference can be adopted", ("notice",)),
        AlertKind(STOPPED, "Suspended by the stop rule"),
        AlertKind(VERSION, "The serving version cannot be used"),
        AlertKind(FAILS, "The serving version fails on every record"),
        AlertKind(FILTER, "The record filter cannot be used"),
        AlertKind(NIGHTLY, "The nightly scoring cannot run"),
        AlertKind(SLOW, "Scoring exceeds the time limit of the database", heading="Automatic scoring"),
        AlertKind(SERVER, "Fault of the database server", heading=FAULTS, has_subject=True),
        AlertKind(BATCH, "A batch stopped"),
        AlertKind(FLOOD, "A batch waits for a confirmation", heading="Forecast of reviews"),
        AlertKind(ASIDE, "Records of a batch were skipped", heading=FAULTS),
        AlertKind(SUM, "Reconciliation shows a difference"),
        AlertKind(COUNTS, "The counts differ from the log"),
        AlertKind(BROKEN, "A scheduled check failed", has_subject=True),
        AlertKind(HEALTH, "Health finding", GRADED, OWNER_AND_ADMINISTRATORS, "Health", has_subject=True),
        AlertKind(
            CHANNEL, "A notification failed", heading="Notifications of alerts", has_subject=True, leaves_odoo=False
        ),
        AlertKind(GATE, "The gate is bypassed", heading="Posting gate", has_subject=True),
        AlertKind(DRILL, "A drill failed", heading="Drills and fallbacks", has_subject=True),
        AlertKind(FALLBACK, "The fallback rule failed", heading="Drills and fallbacks", has_subject=True),
        AlertKind(CHECKLIST, "A checklist row is missing"),
        AlertKind(POC, "A proof of concept has expired", audience=OWNER_AND_BUDGET_HOLDER),
        AlertKind(TRAINING, "Training", GRADED, heading="Training", has_subject=True),
        AlertKind(CHALLENGER, "The challenger failed", GRADED, heading="Training"),
        AlertKind(ROLLBACK, "Automatic rollback", heading="Training"),
        AlertKind(ENDPOINT, "The endpoint cannot be used", heading="Remote models"),
        AlertKind(SPENDING, "The budget of an endpoint is nearly used up", GRADED, heading="Remote models"),
        AlertKind(AGREEMENT, "Agreement with people", heading="Proposed values", has_subject=True, concerns_data=True),
        AlertKind(WRITING, "Values could not be written", heading="Proposed values"),
        AlertKind(TEST_ALERT, "Test of the notifications", ends_when_read=True),
    )
}


class Cause(NamedTuple):
    """The key of an alert on its deployment: its kind and, where the kind has subjects, what it is about."""

    kind: str
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}" if self.subject else self.kind

    @classmethod
    def parse(cls, key: "str | Cause") -> Self:
        """Return the cause that is stored as `key`."""
        kind, _, subject = str(key).partition(":")
        return cls(kind, subject)

    @classmethod
    def of(cls, alert: BaseModel) -> Self:
        """Return the cause of one alert."""
        return cls.parse(alert.cause)

    @property
    def row(self) -> AlertKind:
        """Return the row of the table; one that stays in Odoo's own words where a kind is of another addon."""
        return KINDS.get(self.kind) or AlertKind(self.kind, self.kind)

    @property
    def leaves_odoo(self) -> bool:
        """Return whether mail, Discuss and webhooks may carry it, regardless of failures and of permitted channels."""
        return self.row.leaves_odoo and self != RESTORED

    def is_about(self, *others: "Cause") -> bool:
        """Return whether it is one of `others`, where a cause without a subject is any of its kind."""
        return any(self.kind == other.kind and other.subject in ("", self.subject) for other in others)


RESTORED = Cause(HEALTH, "restored")  # the database was restored or copied
GATE_BYPASSED = Cause(GATE, "open")
OWNER_GONE = Cause(HEALTH, "owner")
TRAINING_FAILED = Cause(TRAINING, "failed")
TRAINING_UNCHANGED = Cause(TRAINING, "unchanged")
TRAINING_BUDGET = Cause(TRAINING, "budget")
DISK_FULL = Cause(SERVER, "disk_full")


def of_kind(*kinds: str) -> Domain:
    """Return the domain of the alerts of `kinds`, whatever their subject."""
    return Domain.OR(Domain("cause", "=", kind) | Domain("cause", "=like", f"{kind}:%") for kind in kinds)
