"""The digest e-mail: real counts for who may see what they count, and none of them for others."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

KPIS = ("kpi_ai_open_alerts", "kpi_ai_open_reviews", "kpi_ai_scored")


@tagged("post_install", "-at_install")
class TestDigest(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The digest looks back from the real time.
        cls.now = fields.Datetime.now()
        cls.digest = cls.env["digest.digest"].create(
            {"name": "Ours", "company_id": cls.env.company.id, **dict.fromkeys(KPIS, True)}
        )
        cls.deployment.min_confidence = 0.7
        # Twenty days ago five with a person (.5), three days ago two; two hours ago three settled by themselves (.82).
        cls.old = cls.make_leads(5)
        cls.deployment._score(cls.old, now=cls.now - timedelta(days=20))
        cls.deployment._score(cls.make_leads(2), now=cls.now - timedelta(days=3))
        cls.deployment._score(cls.make_leads(3, expected_revenue=20000), now=cls.now - timedelta(hours=2))

    def values(self, user, digest=None):
        """{kpi: [last day, last week, last month]} in the e-mail of `user`."""
        self.env.flush_all()
        self.env.invalidate_all()
        kpis = (digest or self.digest)._compute_kpis(self.env.company, user)
        return {
            kpi["kpi_name"]: [kpi[f"kpi_col{column}"]["value"] for column in (1, 2, 3)]
            for kpi in kpis
            if kpi["kpi_name"] in KPIS
        }

    def margins(self, user, kpi_name):
        self.env.invalidate_all()
        kpis = self.digest._compute_kpis(self.env.company, user)
        [kpi] = [kpi for kpi in kpis if kpi["kpi_name"] == kpi_name]
        return [kpi[f"kpi_col{column}"]["margin"] for column in (1, 2, 3)]

    def raise_alert(self, cause, days_ago):
        with clock.at(self.now - timedelta(days=days_ago)):
            return self.env["ai.deployment.alert"]._raise(self.deployment, cause, name=cause)

    def test_records_scored_are_those_of_the_time_looked_at(self):
        self.assertEqual(self.values(self.owner)["kpi_ai_scored"], [3, 5, 10])

    def test_what_could_not_be_scored_was_not_scored(self):
        version = self.serve(self.deployment, self.card(required=("country_id",)))
        self.deployment._score(self.make_leads(4, country_id=False), now=self.now - timedelta(hours=1))
        self.assertEqual(self.deployment.champion_id, version)
        self.assertEqual(self.values(self.owner)["kpi_ai_scored"], [3, 5, 10])

    def test_what_waits_for_a_person_waits_however_long_ago_it_was_asked(self):
        self.assertEqual(self.values(self.owner)["kpi_ai_open_reviews"], [7, 7, 7])
        # a week ago five waited: two more are 40 % more
        self.assertEqual(self.margins(self.owner, "kpi_ai_open_reviews"), [0.0, 40.0, 0.0])
        with clock.at(self.now - timedelta(days=1)):
            self.reviews_of(self.old).with_user(self.reviewer).action_confirm()
        self.assertEqual(self.values(self.owner)["kpi_ai_open_reviews"], [2, 2, 2])

    def test_an_alert_counts_as_long_as_it_is_open(self):
        self.raise_alert("old", 25)
        ended = self.raise_alert("ended", 10)
        with clock.at(self.now - timedelta(days=2)):
            self.env["ai.deployment.alert"]._resolve(self.deployment, "ended")
        self.assertEqual(ended.state, "resolved")
        self.assertEqual(self.values(self.owner)["kpi_ai_open_alerts"], [1, 1, 1])
        # a week ago both were open, a day ago one
        self.assertEqual(self.margins(self.owner, "kpi_ai_open_alerts"), [0.0, -50.0, 0.0])

    def test_a_reviewer_gets_what_a_reviewer_may_see(self):
        self.assertEqual(self.values(self.reviewer)["kpi_ai_open_reviews"], [7, 7, 7])

    def test_who_may_not_see_it_gets_no_figure_rather_than_zero(self):
        for user in (self.seller, self.accountant):
            self.assertEqual(self.values(user), {}, user.login)
        # administers deployments, may not read leads: alerts, and nothing about leads
        self.raise_alert("x", 1)
        self.assertEqual(set(self.values(self.manager)), {"kpi_ai_open_alerts"})

    def test_an_owner_of_others_sees_nothing_of_ours(self):
        self.raise_alert("x", 1)
        values = self.values(self.other_owner)
        self.assertEqual(values, {"kpi_ai_open_alerts": [0, 0, 0]})

    def test_the_figure_itself_is_refused_to_others(self):
        for kpi in KPIS:
            self.digest.invalidate_recordset()
            with self.assertRaises(AccessError):
                self.digest.with_user(self.seller)[f"{kpi}_value"]

    def test_a_digest_of_another_company_counts_nothing_of_ours(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.auditor.company_ids += other
        digest = self.digest.copy({"company_id": other.id})
        self.assertEqual(self.values(self.auditor, digest), dict.fromkeys(KPIS, [0, 0, 0]))
        self.assertEqual(self.values(self.auditor)["kpi_ai_scored"], [3, 5, 10])

    def test_the_mail_says_them_and_leads_to_their_lists(self):
        self.digest.user_ids = self.owner
        self.digest._action_send_to_user(self.owner, tips_count=0)
        body = self.env["mail.mail"].search([("email_to", "=", self.owner.email_formatted)], limit=1).body_html
        for text in ("Open AI Alerts", "AI Scores Waiting for Review", "Records Scored by AI"):
            self.assertIn(text, body)
        for action in ("ai_deployment_alert_action", "ai_deployment_review_action", "ai_deployment_inference_action"):
            self.assertIn(f"/odoo/action-ai_deployment.{action}?menu_id=", body)

    def test_the_standard_digest_has_them(self):
        self.assertTrue(all(self.env.ref("digest.digest_digest_default")[kpi] for kpi in KPIS))
