"""Evidence of one score: for an auditor, or a question of a customer.

Read with the rights of who prints: the line of the log decides who may (people of its deployment who may read the
record; the Auditor), and inputs are masked as on the screen.
"""

import numpy as np

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..ml.errors import ArtifactRejected
from ..models.scoring.ai_deployment_inference import MASKED
from ..models.tools.wording import number, percent, signed


class ReportRecordEvidence(models.AbstractModel):
    _name = "report.ai_deployment.record_evidence"
    _inherit = "report.ai_deployment.model_card"
    _description = "Record Evidence"

    @api.model
    def _get_report_values(self, docids, data=None):
        lines = self.env["ai.deployment.inference"].browse(docids).exists()
        if not lines:
            raise UserError(self.env._("This line is no longer in the log."))
        lines.check_access("read")
        return {
            "doc_ids": lines.ids,
            "doc_model": "ai.deployment.inference",
            "docs": lines,
            "documents": [self._document(line) for line in lines],
        }

    def _document(self, line):
        deployment, version = line.sudo().deployment_id, line.sudo().version_id
        return {
            "doc": line,
            "deployment": deployment,
            "company": line.sudo().company_id,
            "printed": self._printed(),
            "answer": self._answer(line),
            "facts": self._line_facts(line),
            "version_facts": [
                (self.env._("Version"), version.name or "–"),
                (self.env._("Trained"), format_datetime(self.env, version.trained_date) if version else "–"),
                (self.env._("Training records"), self.env._("%s records", number(self.env, version.row_count))),
                (self.env._("Fingerprint"), version.digest or "–"),
                (self.env._("Serving period"), self._served(deployment, version)),
            ],
            "points": self._points(line),
            "notes": version._interval_texts(line.sudo().codes) + version._support_texts(line.sudo().codes),
            "seen": self._seen(line),
            "reviews": self._reviews(line),
            "later": self._later(line),
            "purpose": deployment.purpose,
        }

    def _answer(self, line):
        if line.failure_type:
            return self.env._("It could not be scored: %s", line.failure_text)
        if line.deployment_id.is_task:
            return self.env._(
                "On %(day)s, for “%(record)s” was proposed: %(values)s, confidence %(sure)s %%.",
                day=format_datetime(self.env, line.date),
                record=line.res_name,
                values=line._proposed_text(),
                sure=round(100 * line.confidence),
            )
        words = self.env[line.res_model]._ai_words()
        return self.env._(
            "On %(day)s, “%(record)s” scored %(score)s %%: %(answer)s, confidence %(sure)s %%.",
            day=format_datetime(self.env, line.date),
            record=line.res_name,
            score=number(self.env, 100 * line.predicted_value, 1),
            answer=words["positive" if line.prediction else "negative"],
            sure=round(100 * line.confidence),
        )

    def _line_facts(self, line):
        return [
            (self.env._("Log line"), f"{line.id}"),
            (self.env._("Record"), f"{line.res_name} ({line.res_model},{line.res_id})"),
            (self.env._("Scored"), format_datetime(self.env, line.date)),
            (self.env._("Requested by"), line.sudo().user_id.name or "–"),
            (self.env._("Route"), self._label(line, "route")),
            (self.env._("Review reason"), self._label(line, "review_reason") if line.review_reason else "–"),
            (self.env._("Odoo's own estimate"), self._opinion(line.incumbent_value)),
            (self.env._("Manual estimate"), self._opinion(line.person_value)),
            (self.env._("Took"), f"{number(self.env, line.latency_ms, 1)} ms"),
        ]

    def _points(self, line):
        """{"rows", "start", "approximate"}: each input as it was read and what it added, the strongest first."""
        told, version = line.sudo(), line.sudo().version_id
        if not version or not told.codes:
            return {"rows": [], "start": "", "approximate": False}
        try:
            card = version._card()
        except ArtifactRejected:
            return {"rows": [], "start": "", "approximate": False}
        specs, masked = version._specs(), line._masked_keys()
        values = dict(zip(specs, told.inputs or [None] * len(specs), strict=True))
        names = version._level_names_cached()
        rows = []
        row = np.frombuffer(bytes.fromhex(told.codes), dtype=np.uint8)
        for reason in card.explain(row, len(specs), names, version._reader_words()):
            hidden = reason.feature in masked
            spec = specs[reason.feature]
            rows.append(
                {
                    "name": spec["name"],
                    "read": MASKED if hidden else line._input_text(spec, values[reason.feature]),
                    "counts_as": MASKED if hidden else reason.label,
                    "points": self._points_text(reason.contribution),
                }
            )
        return {"rows": rows, "start": signed(self.env, card.intercept), "approximate": not card.exact_reasons}

    def _points_text(self, points):
        """Points with where they move the score; none where nothing shows."""
        if round(points, 2) == 0:
            return number(self.env, 0, 2)
        return f"{'▲' if points > 0 else '▼'} {signed(self.env, points)}"

    def _opinion(self, value):
        return percent(self.env, value, 1) if value else "–"

    def _served(self, deployment, version):
        served = deployment.assignment_ids.filtered(lambda one: one.version_id == version and one.role == "champion")
        return (
            "; ".join(
                self.env._(
                    "%(start)s to %(end)s",
                    start=format_datetime(self.env, one.start_date),
                    end=format_datetime(self.env, one.end_date) if one.end_date else self.env._("now"),
                )
                for one in served
            )
            or "–"
        )

    def _seen(self, line):
        """Return who could see this score: the people asked, and the groups with access."""
        deployment = line.sudo().deployment_id
        state = deployment.state_at(line.date)[deployment.id]
        if deployment._held_out_ids([line.res_id]):
            return self.env._("Nobody: this record is in the hold-out group without a score.")
        if state != "production":
            return self.env._("Only the people responsible for the deployment: it was not in production.")
        groups = ", ".join(deployment.viewer_group_ids.mapped("full_name"))
        if not groups:
            return self.env._("Only the people responsible for the deployment: no viewer group is set.")
        return self.env._("Members of %s on the record, if they have access to the record.", groups)

    def _reviews(self, line):
        """Of this record, whichever line they were asked about: a question stays open when a record is scored again."""
        reviews = self.env["ai.deployment.review"].search(
            Domain("deployment_id", "=", line.deployment_id.id) & Domain("res_id", "=", line.res_id), order="id"
        )
        return [
            {
                "requested": format_datetime(self.env, review.opened_date),
                "line": review.sudo().inference_id.id or "–",
                "reason": self._label(review, "reason"),
                "reviewer": review.sudo().reviewer_id.name or "–",
                "state": self._label(review, "state"),
                "decision": self._label(review, "decision") if review.decision else "",
                "decided_by": review.sudo().decided_by_id.name or "",
                "decided": format_datetime(self.env, review.decided_date) if review.decided_date else "",
                "note": review.note or "",
                "seconds": round(review.seconds_spent),
            }
            for review in reviews
        ]

    def _later(self, line):
        """Scores of the same record before and after, as far as they may be read."""
        lines = self.env["ai.deployment.inference"].search(
            Domain("deployment_id", "=", line.deployment_id.id) & Domain("res_id", "=", line.res_id),
            order="id desc",
            limit=20,
        )
        return [
            (
                one.id,
                format_datetime(self.env, one.date),
                one.sudo().version_id.name or "",
                "–" if one.failure_type else percent(self.env, one.predicted_value, 1),
                one == line,
            )
            for one in lines
        ]
