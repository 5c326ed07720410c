"""The model card of a deployment: read from the records, nothing typed in.

Everything is read with the rights of who prints, so that paper shows what the screen would; only names of people and of
groups are looked up beyond that.
"""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ..models.deployment.history import went_live
from ..models.features.feature_reader import walk_path
from ..models.governance.duties import builders
from ..models.tools import clock
from ..models.tools.wording import days_text, number
from ..models.training.procedure import procedure

METRICS = ("test_rows", "auc", "brier", "brier_base_rate", "average_precision")


class ReportModelCard(models.AbstractModel):
    _name = "report.ai_deployment.model_card"
    _description = "Model Card"

    @api.model
    def _get_report_values(self, docids, data=None):
        deployments = self.env["ai.deployment"].browse(docids).exists()
        deployments.check_access("read")
        return {
            "doc_ids": deployments.ids,
            "doc_model": "ai.deployment",
            "docs": deployments,
            "documents": [self._document(deployment) for deployment in deployments],
        }

    def _document(self, deployment):
        """Return the printed content of one deployment, as plain texts by section."""
        return {
            "doc": deployment,
            "company": deployment.sudo().company_id,
            "printed": self._printed(),
            "facts": self._facts(deployment),
            "people": self._people(deployment),
            "inputs": self._inputs(deployment),
            "readers": self._readers(deployment.res_model),
            "test": self._test(deployment.champion_id),
            "segments": self._segments(deployment),
            "reports": [report for report in map(self._report, self._latest_reports(deployment)) if report],
            "procedure": procedure(deployment),
            "limits": self._limits(deployment),
            "answers": self._answers(deployment),
            "edge_cases": self._edge_cases(deployment),
            "fallback": self._fallback(deployment),
            "value": deployment.value_html,
            "value_text": deployment.value_text,
            "value_caveat": deployment.value_caveat,
        }

    def _printed(self):
        return self.env._(
            "Printed on %(day)s by %(person)s",
            day=format_datetime(self.env, clock.now()),
            person=self.env.user.name,
        )

    def _label(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    def _facts(self, deployment):
        version = deployment.champion_id
        live = went_live(deployment.sudo())
        return [
            (self.env._("State"), self._label(deployment, "state")),
            (self.env._("Document"), deployment.sudo().model_id.name),
            (self.env._("Only records"), deployment.domain if deployment.domain not in (False, "", "[]") else "–"),
            (self.env._("Task"), self._label(deployment, "method")),
            (self.env._("Outcome window"), days_text(self.env, deployment.horizon_days)),
            (self.env._("Serving version"), version.name or self.env._("none")),
            (self.env._("Trained"), format_datetime(self.env, version.trained_date) if version else "–"),
            (self.env._("Training records"), number(self.env, version.row_count) if version else "–"),
            (self.env._("Live since"), format_datetime(self.env, live) if live else self.env._("not live yet")),
            (self.env._("Next review"), format_date(self.env, deployment.review_date)),
            (self.env._("Health"), deployment.health_reason or self._label(deployment, "health")),
            (self.env._("Log kept for"), days_text(self.env, deployment.retention_days)),
            (self.env._("Fingerprint"), version.digest or "–"),
        ]

    def _people(self, deployment):
        told = deployment.sudo()
        accepted = told.accepted_date and self.env._("accepted on %s", format_date(self.env, told.accepted_date))
        named = [
            (self.env._("Owner"), told.user_id.name, accepted if told.has_accepted else ""),
            (self.env._("Deputy"), told.deputy_id.name, ""),
            (self.env._("Approver"), told.approver_id.name, ""),
            (self.env._("Reviewers"), ", ".join(told.reviewer_ids.mapped("name")), ""),
            (self.env._("Built by"), ", ".join(builders(told).mapped("name")), ""),
            (self.env._("Visible to"), ", ".join(told.viewer_group_ids.mapped("full_name")), ""),
        ]
        return [(role, name or self.env._("nobody"), note) for role, name, note in named]

    def _inputs(self, deployment):
        documents = self.env[deployment.res_model]
        rows = []
        for feature in deployment.feature_ids:
            paths = [path for path in (feature.path, feature.start_path, feature.end_path, feature.value_path) if path]
            steps = [walk_path(documents, path) for path in paths]
            fields = [path[-1].field for path in steps if path]
            groups = {group for field in fields for group in (field.groups or "").split(",") if group}
            models_read = {field.model_name for field in fields} - {deployment.res_model}
            rows.append(
                {
                    "name": feature.name,
                    "source": self._label(feature, "source"),
                    "reads": feature.key,
                    "sensitive": feature.sensitive,
                    "required": feature.required,
                    "groups": ", ".join(sorted(self._group_name(group) for group in groups)),
                    "models": ", ".join(sorted(self.env["ir.model"]._get(name).sudo().name for name in models_read)),
                }
            )
        return rows

    def _group_name(self, xmlid):
        group = self.env.ref(xmlid.strip().lstrip("!"), raise_if_not_found=False)
        return group.sudo().full_name if group and group._name == "res.groups" else xmlid

    def _readers(self, res_model):
        """Names of the groups that may read these records at all; record rules narrow that down further."""
        access = (
            self.env["ir.model.access"]
            .sudo()
            .search(Domain("model_id.model", "=", res_model) & Domain("perm_read", "=", True))
        )
        groups = access.group_id
        return ", ".join(sorted(groups.mapped("full_name")))

    # How good it is

    def _test(self, version):
        metrics = version.metrics or {}
        names = {
            "test_rows": self.env._("Later test records"),
            "auc": self.env._("Cases ranked correctly"),
            "brier": self.env._("Mean squared error"),
            "brier_base_rate": self.env._("The same, for a constant average"),
            "average_precision": self.env._("Average precision on judged records"),
        }
        rows = [
            (names[key], number(self.env, metrics[key], 0 if key == "test_rows" else 3))
            for key in METRICS
            if isinstance(metrics.get(key), int | float)
        ]
        return [
            *rows,
            *([(self.env._("Compared with the version before"), version.verdict_text)] if version.verdict_text else []),
        ]

    def _answers(self, deployment):
        """Fields that values are proposed for: what may be written, and how often people agree."""
        return [
            {
                "name": answer.name,
                "field": answer.key,
                "writing": self._label(answer, "writing"),
                "agreement": answer.agreement_text or "–",
                "proved": answer.proved_text or "–",
            }
            for answer in deployment.answer_field_ids
        ]

    def _segments(self, deployment):
        """Parts of the business in the test, where the version was tested by parts: plain rows."""
        kept = (deployment.champion_id.held_out or {}).get("segments") or {}
        parts = (kept.get("later") or kept.get("flagged") or []) if isinstance(kept, dict) else []
        names = (
            self.env[deployment.res_model]._ai_level_names(
                kept["path"], [str(part["part"]) for part in parts if part["part"]]
            )
            if parts and kept.get("path")
            else {}
        )
        return [
            {
                "name": names.get(str(part["part"]), part["part"] or self.env._("none")),
                "rows": part["rows"],
                "positives": part.get("positives", part.get("flagged")),
                "brier": _three(self.env, part.get("brier")),
                "base": _three(self.env, part.get("base_brier")),
            }
            for part in parts
        ]

    def _latest_reports(self, deployment):
        reports = self.env["ai.deployment.report"]
        for kind, _label in reports._fields["kind"].selection:
            yield reports.search(Domain("deployment_id", "=", deployment.id) & Domain("kind", "=", kind), limit=1)

    def _report(self, report):
        if not report:
            return None
        lines = report.line_ids if report.kind == "performance" else report.line_ids.filtered("exceeded")
        return {
            "kind": self._label(report, "kind"),
            "verdict": self._label(report, "verdict"),
            "moved": report.verdict == "drifted",
            "summary": report.summary or "",
            "rows": report.row_count,
            "window": self.env._(
                "%(start)s to %(end)s, %(count)s records",
                start=format_date(self.env, report.window_start),
                end=format_date(self.env, report.window_end),
                count=report.row_count,
            ),
            "lines": [
                (line.label_text, line.text or self._figure_text(line.statistic), self._label(line, "verdict"))
                for line in lines
            ],
        }

    def _figure_text(self, figure):
        """The figure in three digits; one that does not exist is empty, never 0."""
        return "" if figure is False else number(self.env, figure, 3)

    # Where it ends

    def _limits(self, deployment):
        version = deployment.champion_id
        limits = [*(deployment.routing_text or "").splitlines()]
        if version.left_out_text:
            limits.append(self.env._("Excluded, as they are known only with the outcome: %s.", version.left_out_text))
        if version.not_judged_text:
            limits.append(self.env._("Not judged whether they are known in time: %s.", version.not_judged_text))
        for answer in version.answer_ids:
            limits.append(
                self.env._(
                    "%(questions)s Explained by %(person)s: %(reason)s",
                    questions=answer.questions_text,
                    person=answer.user_id.name,
                    reason=answer.reason,
                )
            )
        floor = deployment.floor_precision if deployment.method == "anomaly" else deployment.floor_auc
        if floor:
            limits.append(
                self.env._(
                    "A minimum of %(floor)s %% was set beforehand; after %(count)s reports below it, the "
                    "deployment is suspended.",
                    floor=round(100 * floor),
                    count=deployment.stop_after,
                )
                if deployment.stop_after
                else self.env._("A minimum of %s %% was set beforehand.", round(100 * floor))
            )
        if deployment.holdout_text:
            limits.append(deployment.holdout_text)
        return limits

    def _edge_cases(self, deployment):
        return [
            {
                "name": case.name,
                "instead": self._label(case, "instead"),
                "note": case.note or "",
                "result": case.result or self.env._("Not tested yet."),
                "works": case.is_current,
                "tried": format_date(self.env, case.tested_date) if case.tested_date else "",
            }
            for case in deployment.edge_case_ids
        ]

    def _fallback(self, deployment):
        """Return the configured fallback."""
        sentences = []
        if "fallback" in deployment._fields and deployment._fields["fallback"].type == "selection":
            sentences.append(self.env._("Fallback: %s.", self._label(deployment, "fallback") or "–"))
        before = deployment.assignment_ids.filtered(lambda one: one.role == "champion" and one.end_date)[:1]
        if before:
            sentences.append(
                self.env._(
                    "%(name)s served until %(day)s and can serve again at any time.",
                    name=before.version_id.name,
                    day=format_date(self.env, before.end_date),
                )
            )
        sentences.append(
            self.env._(
                "While suspended, it shows no score and scores nothing; the owner, the deputy and "
                "administrators can suspend it at any time."
            )
        )
        return sentences


def _three(env, value):
    return number(env, value, 3) if value is not None else ""
