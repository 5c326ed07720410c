"""What a version's intake is compared with: at first the records it learned from, later what it was asked to score.

A reference is counts, and how much they move by themselves. It is changed by a person, or by another version that
serves; never by itself, or a slow drift would become the measure of itself.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...ml.binning import (
    ABOVE,
    BELOW,
    MISSING,
    UNSEEN,
)
from ...ml.columns import NUMBER
from ...ml.drift import UNSEEN_TEST
from ...ml.noise import Noise
from ...ml.ordinary import noise_of, windows_on_any_day
from ...ml.profile import RESERVED, Profile, bins_of
from ...ml.quality import RANGE
from ...ml.week_of_month import WEEKS, MonthlyReference, week_of_month
from ..tools import clock
from ..tools.trust import own

MIN_ROWS = 1000
MIN_WEEKS, MOST_WEEKS = 8, 26
WEEK = timedelta(days=7)


class AiDeploymentReference(models.Model):
    _name = "ai.deployment.reference"
    _description = "Adopted Reference"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "window_start"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    version_id = fields.Many2one("ai.deployment.version", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    window_start = fields.Date("From", required=True, readonly=True)
    window_end = fields.Date("Until", required=True, readonly=True, help="The first day that is not counted.")
    row_count = fields.Integer("Records", required=True, readonly=True)
    counts = fields.Json(required=True, readonly=True, groups="ai_deployment.group_sensitive")
    floors = fields.Json("Noise Floors", readonly=True)
    monthly = fields.Json("Counts by Week of the Month", readonly=True, groups="ai_deployment.group_sensitive")
    adopted_by_id = fields.Many2one("res.users", required=True, readonly=True)
    date = fields.Datetime("Adopted On", required=True, readonly=True)

    def write(self, vals):
        raise UserError(self.env._("A reference is never edited: adopt a new one."))

    @api.model
    def _of(self, version):
        """(Profile, `Noise`, whether it is provisional) that the intake of `version` is compared with."""
        adopted = self._adopted(version)
        if adopted:
            return Profile.from_dict(adopted.counts), Noise.from_dict(adopted.floors), False
        version = version.sudo()
        return Profile.from_dict(version.reference), Noise.from_dict(version.floors), True

    @api.model
    def _adopted(self, version):
        """The reference that was adopted last for `version`, in sudo; none where records learned from serve."""
        return self.sudo().search([("version_id", "=", version.id)], limit=1)

    @api.model
    def _like(self, version, start, end):
        """(Profile, `Noise`) of the same weeks of the month as those from `start` up to `end`, None where too few.

        Only an adopted reference has them: the records that a version learned from are dated as documents are, not as
        they came in.
        """
        adopted = self._adopted(version)
        if not adopted.monthly:
            return None
        monthly, rows = MonthlyReference.from_dict(adopted.monthly), [0] * WEEKS
        for day, count in self.env["ai.deployment.profile"]._counts_by_day(version, start, end).items():
            rows[week_of_month(day)] += count
        like = monthly.like(rows)
        return like and (like, monthly.noise.with_forward(Noise.from_dict(adopted.floors).forward))

    @api.model
    def _candidate(self, deployment):
        """(weekly profiles, first day, day after the last) that could be adopted now; no profiles where too few.

        The first week is left out: it holds the records that were there already.
        """
        version, profiles = deployment.champion_id, self.env["ai.deployment.profile"].sudo()
        first = deployment._first_day(version) if version else None
        if not first:
            return [], None, None
        end = clock.today()
        weeks = min((end - first - WEEK) // WEEK, MOST_WEEKS)
        start = end - WEEK * max(weeks, 0)
        if weeks < MIN_WEEKS:
            return [], start, end
        parts = [profiles._sum(version, start + WEEK * week, start + WEEK * (week + 1)) for week in range(weeks)]
        if sum(part.rows for part in parts) < MIN_ROWS or sum(1 for part in parts if part.rows) < MIN_WEEKS:
            return [], start, end
        return parts, start, end

    @api.model
    def _propose(self, deployment):
        """Say once that there is enough to compare with, while the records learned from still serve as reference."""
        alerts, version = self.env["ai.deployment.alert"], deployment.champion_id
        if self.sudo().search_count([("version_id", "=", version.id)], limit=1):
            alerts._resolve(deployment, "reference")
            return
        parts, start, end = self._candidate(deployment)
        if not parts:
            alerts._resolve(deployment, "reference")
            return
        alerts._raise(
            deployment,
            "reference",
            level="notice",
            name=self.env._(
                "%(rows)s %(records)s of %(weeks)s weeks have been scored: enough to compare new ones with",
                rows=sum(part.rows for part in parts),
                weeks=len(parts),
                records=self.env[deployment.res_model]._ai_words()["records"],
            ),
            suggestion=self.env._("If these weeks were ordinary, adopt them as reference on the deployment's page."),
        )

    @api.model
    def _adopt(self, deployment):
        """Compare with the latest weeks from now on; the new reference."""
        parts, start, end = self._candidate(deployment)
        if not parts:
            raise UserError(
                self.env._(
                    "Not yet: a reference needs %(rows)s records of %(weeks)s weeks, after the first week.",
                    rows=MIN_ROWS,
                    weeks=MIN_WEEKS,
                )
            )
        version, total = deployment.champion_id, sum(parts, Profile())
        bins, days = bins_of(version._card()), self.env["ai.deployment.profile"]._by_day(version, start, end)
        windows = [{} for _part in parts]
        for day, profile in days.items():
            windows[(day - start) // WEEK][day] = profile
        reference = self.sudo().create(
            {
                "deployment_id": deployment.id,
                "version_id": version.id,
                "window_start": start,
                "window_end": end,
                "row_count": total.rows,
                "counts": total.to_dict(),
                "floors": noise_of(windows_on_any_day(days), bins, whole=total, weeks=parts)
                .with_forward(_coming(total, bins, (start + (end - start) / 2 - version.trained_date.date()).days))
                .to_dict(),
                "monthly": MonthlyReference.of(windows, bins).to_dict(),
                "adopted_by_id": self.env.uid,
                "date": clock.now(),
            }
        )
        self.env["ai.deployment.alert"]._resolve(deployment, "reference")
        own(deployment).message_post(
            body=self.env._(
                "New records are compared with the %(rows)s of %(start)s to %(end)s from now on.",
                rows=total.rows,
                start=format_date(self.env, start),
                end=format_date(self.env, end - timedelta(days=1)),
            )
        )
        return reference


def _coming(profile, bins, days):
    """What is new in a reference, `days` after the version learned: see `Noise.forward`."""
    found = {UNSEEN_TEST: {}, RANGE: {}}
    for name, counts in profile.counts.items():
        rows = int(counts.sum() - counts[MISSING])
        if rows and name not in RESERVED:
            new = counts[BELOW] + counts[ABOVE] if bins[name].kind == NUMBER else counts[UNSEEN]
            test = RANGE if bins[name].kind == NUMBER else UNSEEN_TEST
            found[test][name] = (float(new / rows), max(days, 1))
    return found


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    reference_text = fields.Char("Compared With", compute="_compute_reference_text")

    @api.depends("champion_id")
    @api.depends_context("lang")
    def _compute_reference_text(self):
        references = self.env["ai.deployment.reference"].sudo()
        for deployment in self:
            version = deployment.champion_id
            adopted = references.search(Domain("version_id", "=", version.id), limit=1) if version else references
            if adopted:
                deployment.reference_text = self.env._(
                    "%(rows)s records from %(start)s to %(end)s",
                    rows=adopted.row_count,
                    start=format_date(self.env, adopted.window_start),
                    end=format_date(self.env, adopted.window_end - timedelta(days=1)),
                )
            elif version:
                deployment.reference_text = self.env._(
                    "The %s records that it learned from (provisional)", version.sudo().row_count
                )
            else:
                deployment.reference_text = False

    def action_adopt_reference(self):
        """The owner says that the latest weeks were ordinary."""
        self.ensure_one()
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        self.env["ai.deployment.reference"]._adopt(self)
        return True
