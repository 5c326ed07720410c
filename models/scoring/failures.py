"""Attribution of scoring failures: to single records, or to the version.

A record that fails alone is a suspect. Where all suspects fail in the same way and nothing succeeds, the version is to
blame: the records wait, and one alert tells the owner.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import InferenceError, Unexpected, VersionError, VersionFails
from ..tools import faults
from . import scoring_alerts

_logger = logging.getLogger(__name__)

SUSPECTS = 3  # records that fail in the same way while none succeeds, from which on the version is to blame


@dataclass
class Failures:
    """Failures of one scoring run."""

    deployment: BaseModel  # in sudo
    version: BaseModel
    now: datetime
    suspects: dict[int, str] = field(default_factory=dict)  # {record id: how it failed when it was scored alone}
    condemned: VersionError | None = None  # why the version is to blame, once that is known

    def add(self, res_id: int, error: Exception) -> None:
        """Note that a record failed when it was scored alone."""
        self.suspects[res_id] = faults.how_it_failed(error)
        if len(self.suspects) == 1:  # the others are counted
            document = f"{self.deployment.res_model},{res_id}"
            faults.log_fault(_logger, f"Deployment {self.deployment.id} could not score {document}", error)

    def condemn(self, error: VersionError) -> None:
        """Blame the version, and alert its owner."""
        self.condemned = error
        scoring_alerts.alert_version_fails(self.deployment, error)

    def examine(self, ids: Sequence[int], succeeded: bool, could_score: Callable[[int], bool]) -> None:
        """Blame the version where all suspects fail in one way, and records elsewhere in the run fail as well.

        :param ids: of all records of the run
        :param succeeded: whether some record could be scored
        :param could_score: function that tries one record
        """
        if len(self.suspects) != SUSPECTS or len(set(self.suspects.values())) > 1 or succeeded:
            return
        samples = [*(ids[len(ids) * part // 4] for part in (1, 2, 3)), ids[-1]]
        if not any(could_score(res_id) for res_id in samples):
            self.condemn(VersionFails(next(iter(self.suspects.values()))))

    def conclude(self, succeeded: bool) -> list[tuple[InferenceError, list[int]]]:
        """Return what the suspects are logged with: pairs of an error and record ids.

        Where nothing succeeded and the latest records failed in the same way, the version is to blame as well.
        """
        if not self.suspects:
            return []
        if len(self.suspects) > 1:
            _logger.error("Deployment %s could not score %s records", self.deployment.id, len(self.suspects))
        how = next(iter(self.suspects.values()))
        if not self.condemned and not succeeded and self._failed_before(how):
            self.condemn(VersionFails(how))
        if self.condemned:
            return [(self.condemned, list(self.suspects))]
        return [
            (Unexpected(how), [res_id for res_id, its in self.suspects.items() if its == how])
            for how in set(self.suspects.values())
        ]

    def _failed_before(self, how: str) -> bool:
        """Return whether the latest records that were scored one by one all failed in this way, too."""
        rows = self.deployment.env.execute_query(
            SQL(
                "SELECT failure_message FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s"
                " AND date > %s ORDER BY id DESC LIMIT %s",
                self.deployment.id,
                self.version.id,
                self.now - timedelta(hours=1),
                SUSPECTS - 1,
            )
        )
        said = (str(Unexpected(how)), str(VersionFails(how)))
        return len(rows) == SUSPECTS - 1 and all(message in said for (message,) in rows)
