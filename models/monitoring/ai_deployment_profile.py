"""Counts per bin of what was scored for the first time: all that a drift report reads.

Rows are deltas, inserted in the statement of the inferences that they count and never changed: an inference that is
rolled back takes its count along. Once a day is over, its deltas are summed into one.
"""

import json

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ...ml.profile import Profile
from ..tools import batch_insert as bulk
from ..tools import clock

SUMMING = 0x41_49_44_50  # the advisory lock of whoever sums deltas: any number that nobody else takes
DAYS_AT_ONCE = 500


class AiDeploymentProfile(models.Model):
    _name = "ai.deployment.profile"
    _description = "Counts per Bin"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "day desc, id desc"
    _log_access = False
    _rec_name = "day"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="restrict")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="deployment_id.company_id")
    day = fields.Date(required=True, readonly=True)
    row_count = fields.Integer("Records", required=True, readonly=True)
    # For nobody: the counts of a quiet day are the bins of one record, whatever its reader may see of it.
    counts = fields.Json(required=True, readonly=True, groups=NO_ACCESS)

    _version_day_idx = models.Index("(version_id, day)")

    @api.model
    def _delta_statement(self, deployment, version, profile, day):
        """SQL that keeps one delta; None where nothing was counted. Who runs it invalidates this model."""
        if not profile.rows and not profile.failed:
            return None
        return bulk.insert_statement(
            self._table,
            {
                "deployment_id": ("int4", [deployment.id]),
                "version_id": ("int4", version.id),
                "day": ("date", day),
                "row_count": ("int4", profile.rows),
                "counts": ("jsonb", json.dumps(profile.to_dict())),
            },
        )

    @api.model
    def _sum(self, version, start, end):
        """The profile of `version` over the days from `start` up to, not including, `end`."""
        deltas = self.sudo().search_fetch(
            [("version_id", "=", version.id), ("day", ">=", start), ("day", "<", end)], ["counts"]
        )
        return sum((Profile.from_dict(delta.counts) for delta in deltas), Profile())

    @api.model
    def _by_day(self, version, start, end):
        """{day: profile of `version`} from `start` up to, not including, `end`."""
        deltas = self.sudo().search_fetch(
            [("version_id", "=", version.id), ("day", ">=", start), ("day", "<", end)], ["counts", "day"]
        )
        days = deltas.grouped("day").items()
        return {day: sum((Profile.from_dict(delta.counts) for delta in own), Profile()) for day, own in days}

    @api.model
    def _counts_by_day(self, version, start, end):
        """{day: records first scored by `version`} from `start` up to, not including, `end`."""
        domain = [("version_id", "=", version.id), ("day", ">=", start), ("day", "<", end)]
        return dict(self.sudo()._read_group(domain, ["day:day"], ["row_count:sum"]))

    @api.autovacuum
    def _gc_sum_deltas(self):
        """Put one row in the place of the deltas of each version and day that is over; one process at a time.

        Only rows that were read are deleted: a delta that is committed meanwhile stays, and is summed the next time.
        """
        if not self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", SUMMING))[0][0]:
            return 0, False
        days = self.sudo()._read_group(
            [("day", "<", clock.today())],
            ["deployment_id", "version_id", "day:day"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
            limit=DAYS_AT_ONCE,
        )
        for deployment, version, day, deltas in days:
            total = sum((Profile.from_dict(delta.counts) for delta in deltas), Profile())
            bulk.write(
                self.env,
                {
                    "summed": SQL("DELETE FROM ai_deployment_profile WHERE id = ANY(%s)", list(deltas.ids)),
                    "total": self._delta_statement(deployment, version, total, day),
                },
            )
            deltas.invalidate_recordset(flush=False)
        return sum(len(deltas) - 1 for *_group, deltas in days), len(days) == DAYS_AT_ONCE
