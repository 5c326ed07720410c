"""Inputs that would not be there when they are needed: looked for before a version learns, by `ml.leaks`.

What is refused is left out of the version and said so on the input; an owner overrules it in writing, under "Why it is
known in time". Such an input is not looked at again.
"""

from odoo import fields, models

from ...ml import leaks
from ...ml.columns import NUMBER, make_column
from ..features.feature_reader import walk_path

MOST = 5000  # records of each kind that are compared


class AiDeploymentFeature(models.Model):
    _inherit = "ai.deployment.feature"

    leak_verdict = fields.Selection(
        [
            ("refused", "Left out"),
            ("ask", "Asks a question"),
            ("fine", "Known in time"),
            ("cannot_judge", "Not judged"),
        ],
        "Known in Time",
        readonly=True,
        copy=False,
    )
    leak_reason = fields.Selection(
        [
            ("filled", "Filled more often once a record is closed"),
            ("emptied", "Empty more often on closed records: because they are closed sooner, or is it emptied then?"),
            ("other_values", "Has other values on closed records than on open ones of the same age"),
            ("edited", "Changed after records were closed"),
            ("alone", "Decides the outcome almost alone: is it really known in time?"),
            ("too_few", "Too few open and closed records of the same age"),
        ],
        "What Was Found",
        readonly=True,
        copy=False,
    )

    def _edited_after_closing(self, closed_ids):
        """The largest share of `closed_ids` whose tracking shows one of the fields read here changed after closing."""
        self.ensure_one()
        documents = self.env[self.res_model]
        names = {steps[0].field.name for path in self._paths() if (steps := walk_path(documents, path))}
        return max(
            (documents._ai_edited_after_closing(self.deployment_id, name, closed_ids) for name in names), default=0.0
        )


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _inputs_known_in_time(self, now):
        """The inputs that a version may learn from: those that do not come with the outcome.

        What was found is kept on each input.
        """
        self.ensure_one()
        examined = self.feature_ids.filtered(lambda feature: not (feature.leak_override or "").strip())
        (self.feature_ids - examined).sudo().write({"leak_verdict": "fine", "leak_reason": False})
        rows = self.env[self.res_model]._ai_leak_rows(self, now, MOST)
        if not rows or not examined:
            return self.feature_ids
        columns = self._columns([feature._to_spec() for feature in examined], [row.res_id for row in rows])
        closed = make_column("closed", NUMBER, [row.closed for row in rows]).values > 0
        ages = make_column("age", NUMBER, [row.age_days for row in rows]).values
        labels = make_column("label", NUMBER, [bool(row.label) for row in rows]).values > 0
        created = make_column("created", NUMBER, [row.created for row in rows]).values
        closed_ids = [row.res_id for row in rows if row.closed]
        for feature in examined:
            edited = feature._edited_after_closing(closed_ids)
            column = columns[feature.key]
            found = leaks.examine(column, closed, ages, labels, created=created, edited_after=edited)
            feature.sudo().write({"leak_verdict": found.verdict, "leak_reason": found.reason or False})
        return self.feature_ids.filtered(lambda feature: feature.leak_verdict != "refused")
