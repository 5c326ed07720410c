"""Differences between two versions: inputs added and removed, changed points, and test results."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..ml.comparison import inputs_changed, points_moved
from ..ml.errors import ArtifactRejected
from ..models.tools.wording import number, signed

MOST_MOVED = 40


class ReportVersionDifference(models.AbstractModel):
    _name = "report.ai_deployment.version_difference"
    _inherit = "report.ai_deployment.model_card"
    _description = "Difference Between Two Versions"

    @api.model
    def _get_report_values(self, docids, data=None):
        versions = self.env["ai.deployment.version"].browse(docids).exists()
        versions.check_access("read")
        if len(versions) != 2 or len(versions.deployment_id) != 1:
            raise UserError(self.env._("Choose two versions of the same deployment."))
        old, new = versions.sorted("number")
        return {
            "doc_ids": versions.ids,
            "doc_model": "ai.deployment.version",
            "docs": new,
            "documents": [
                {
                    "doc": new,
                    "old": old,
                    "deployment": new.deployment_id,
                    "company": new.sudo().company_id,
                    "printed": self._printed(),
                    "facts": self._both(old, new),
                    **self._differences(old, new),
                }
            ],
        }

    def _both(self, old, new):
        """Rows of (what, old, new)."""
        tests = [dict(self._test(version)) for version in (old, new)]
        rows = [
            (self.env._("Kind"), *(self._label(version, "kind") for version in (old, new))),
            (self.env._("Trained"), *(format_datetime(self.env, version.trained_date) for version in (old, new))),
            (self.env._("Trained by"), *(version.sudo().trained_by_id.name or "–" for version in (old, new))),
            (self.env._("Training records"), *(number(self.env, version.row_count) for version in (old, new))),
            *((name, *(test.get(name, "–") for test in tests)) for name in dict.fromkeys([*tests[0], *tests[1]])),
            (self.env._("Fingerprint"), *(version.digest[:16] for version in (old, new))),
        ]
        return rows

    def _differences(self, old, new):
        try:
            cards = old._card(), new._card()
        except ArtifactRejected as error:
            return {"broken": str(error), "added": [], "removed": [], "moved": [], "more": 0, "approximate": False}
        names = {key: spec["name"] for version in (old, new) for key, spec in version._specs().items()}
        added, removed = inputs_changed(*cards)
        sees = self.env.user.has_group("ai_deployment.group_sensitive")
        hidden = frozenset() if sees else old._sensitive_keys() | new._sensitive_keys()
        hidden |= old._unreadable_keys() | new._unreadable_keys()
        levels = {**old.sudo()._level_names(), **new.sudo()._level_names()}
        for key, known in old.sudo()._level_names().items():
            levels[key] = {**known, **levels[key]}
        moved = points_moved(*cards, levels, words=new._reader_words())
        return {
            "broken": "",
            "added": [names[key] for key in added],
            "removed": [names[key] for key in removed],
            "moved": [
                {
                    "input": names[row.feature],
                    "value": self.env._("protected") if row.feature in hidden else row.label,
                    "before": signed(self.env, row.before),
                    "after": signed(self.env, row.after),
                    "change": signed(self.env, row.change),
                    "raises": row.change > 0,
                }
                for row in moved[:MOST_MOVED]
            ],
            "more": max(len(moved) - MOST_MOVED, 0),
            "approximate": not all(card.exact_reasons for card in cards),
        }
