"""Set-ups that several tests of governance share."""

import json
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)
BEFORE = NOW - timedelta(days=200)  # when the leads of the period before came
HORIZON = 30
LATER = NOW + timedelta(days=120)


class ChecklistCase(AiDeploymentCase):
    """A deployment whose rows are not waived."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.check_ids.write({"waived_until": False, "waiver_reason": False})

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def row(self, code, deployment=None):
        return (deployment or self.deployment).check_ids.filtered(lambda check: check.code == code)

    def by_hand(self):
        row = self.deployment.check_ids[0]
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_check SET rule = 'by_hand' WHERE id = %s", [row.id])
        self.env.invalidate_all()
        return row


class EvidenceCase(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def check(self, code, least=None):
        check = self.deployment.check_ids.filtered(lambda check: check.code == code).sudo()
        if least is not None:
            check.minimum = least
        return check

    def look(self, code, least=None):
        """What is found for a row now."""
        self.env.invalidate_all()
        return Checklist(self.deployment.sudo()).find(self.check(code, least))

    def assertMet(self, code, sentence, **options):
        found = self.look(code, **options)
        self.assertTrue(found.is_met, found.sentence)
        self.assertIn(sentence, found.sentence)
        return found

    def assertMissing(self, code, sentence, **options):
        found = self.look(code, **options)
        self.assertFalse(found.is_met, found.sentence)
        self.assertFalse(found.is_broken, found.sentence)
        self.assertIn(sentence, found.sentence)
        return found

    def alter(self, model, record, **values):
        """Change what nobody can change, as somebody with access to the database could."""
        self.env.flush_all()
        for name, value in values.items():
            value = json.dumps(value) if isinstance(value, dict | list) else value
            self.env.cr.execute(f"UPDATE {model} SET {name} = %s WHERE id = ANY(%s)", [value, record.ids])  # pylint: disable=sql-injection
        self.env.invalidate_all()

    def satisfy(self, code, user=None):
        return self.check(code).with_user(user or self.owner).sudo(False).action_satisfy()


class DecisionCase(AiDeploymentCase):
    """A deployment in shadow with everything but a decision; the reviewer decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.approver = cls.reviewer
        cls.deployment.reviewer_ids = False
        cls.deployment.approver_id = cls.approver
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM ai_deployment_approval WHERE deployment_id = %s", [cls.deployment.id])
        cls.env.invalidate_all()
        with clock.at(NOW):
            cls.deployment._score(cls.lead)

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def decide(self, outcome="go", minutes="It did well.", days=None, person=None, **values):
        day = clock.today() + timedelta(days=days) if days is not None else None
        return Approval(self.deployment.with_user(person or self.approver)).sign(outcome, minutes, day, **values)


class PeopleCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.review_date = NOW.date() + 90 * DAY
        cls.deployment.reviewer_ids = False

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def row(self, code):
        row = self.deployment.check_ids.filtered(lambda check: check.code == code)
        row.waived_until = False
        row._refresh()
        return row

    def alert(self, cause, deployment=None):
        return self.env["ai.deployment.alert"].search(
            [("cause", "=", cause), ("deployment_id", "=", (deployment or self.deployment).id)]
        )

    def review_activity(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_deployment_review")
        return self.deployment.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)


class ValueCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = HORIZON
        cls.deployment.value_margin = 0.25

    @classmethod
    def past_leads(cls, count, came, won=0, lost=0, days=10, revenue=1000, **values):
        """`count` leads that came at `came`; `won` and `lost` of them after so many `days`, the others open."""
        first = cls.make_leads(1, expected_revenue=revenue, **values)
        cls.env.flush_all()
        columns = [name for name, field in first._fields.items() if field.store and field.column_type and name != "id"]
        names = SQL(", ").join(map(SQL.identifier, columns))
        rows = cls.env.execute_query(
            SQL(
                "INSERT INTO crm_lead (%s) SELECT %s FROM crm_lead, generate_series(2, %s) WHERE id = %s RETURNING id",
                names,
                names,
                count,
                first.id,
            )
        )
        ids = [first.id, *(res_id for (res_id,) in rows)]
        for status, some in (("won", ids[:won]), ("lost", ids[won : won + lost]), ("pending", ids[won + lost :])):
            closed = came + timedelta(days=days) if status != "pending" else None
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = %s WHERE id = ANY(%s)",
                [came, closed, status, some],
            )
        cls.env.invalidate_all()
        return first.browse(ids)

    @classmethod
    def baseline(cls, start=None, end=None, person=None):
        with clock.at(NOW):
            return cls.deployment.with_user(person or cls.owner)._measure_baseline(
                start or (BEFORE - timedelta(days=10)).date(), end or (BEFORE + timedelta(days=10)).date()
            )

    def rows(self, period="after"):
        rows = self.deployment.value_ids.filtered(lambda row: row.period == period)
        return {row.code: row for row in rows}

    def measured(self, **after):
        """A baseline of 25 % at 1,000, then 100 leads since; the owner presses the button."""
        self.past_leads(200, BEFORE, won=40, lost=120, revenue=1000)
        self.baseline()
        self.go_live()
        self.past_leads(200, NOW + timedelta(days=20), **{"won": 80, "lost": 80, "revenue": 1000, **after})
        with clock.at(LATER):
            self.deployment.with_user(self.owner).action_measure_value()
        return self.rows()


class ReportCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads(name="Chairs for the town hall", expected_revenue=20000)
        with clock.at(NOW):
            cls.deployment._score(cls.lead)
        cls.line = cls.env["ai.deployment.inference"].search([("res_id", "=", cls.lead.id)])

    def paper(self, report, records, person=None):
        reports = self.env["ir.actions.report"].with_user(person or self.owner)
        html, kind = reports._render_qweb_html(f"ai_deployment.{report}", records.ids)
        self.assertEqual(kind, "html")
        return html.decode()


class SignatureCase(PeopleCase):
    """An explanation that finance has to sign."""

    def setUp(self):
        super().setUp()
        self.deployment.limits = "It knows nothing of leads from trade fairs."
        self.signature = (
            self.env["ai.deployment.signature"]
            .with_user(self.owner)
            .create({"deployment_id": self.deployment.id, "role": "finance", "user_id": self.accountant.id})
        )
