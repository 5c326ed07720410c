"""All that is looked at. A new check is one class, one row here, and one row per code in `docs/operations.md`."""

from .audience import Audience, Precautions
from .check import Check, InstanceCheck
from .crons import Jobs
from .entrances import (
    Branches,
    Company,
    Entrances,
    Reports,
    Silence,
)
from .input_schema import Inputs
from .people import Owner, PeriodicReview, Reviewers
from .server import Disks, Messages, Restored
from .versions import Pushes, Remote, Version
from .work import (
    Batches,
    Channels,
    Ledger,
    Requests,
)

# About one deployment, in the order in which they are shown.
CHECKS: tuple[Check, ...] = (
    Version(),
    Remote(),
    Pushes(),
    Inputs(),
    Owner(),
    PeriodicReview(),
    Reviewers(),
    Company(),
    Branches(),
    Entrances(),
    Silence(),
    Batches(),
    Requests(),
    Ledger(),
    Reports(),
    Channels(),
    Audience(),
    Precautions(),
)
# About the database and its server: told once, however many deployments are at work.
INSTANCE_CHECKS: tuple[InstanceCheck, ...] = (Restored(), Jobs(), Messages(), Disks())
UNKNOWN = "unknown"  # the code of a finding that says that looking itself failed

INSTANCE_CODES = frozenset(code for check in INSTANCE_CHECKS for code in check.codes)
