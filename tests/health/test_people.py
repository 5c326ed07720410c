"""Checks of people: the owner, the periodic review, the reviewers."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, CheckCase, HealthCase


@tagged("post_install", "-at_install")
class TestOwners(HealthCase):
    def test_an_owner_who_left_is_told_to_the_deputy(self):
        self.owner.active = False
        finding = self.findings()["owner"]
        self.assertEqual(finding.sentence, f"The owner {self.owner.name} is no longer active.")
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("health:owner").activity_ids.user_id, self.deputy)
        self.deployment.user_id = self.deputy
        self.assertEqual(self.findings(), {})
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("health:owner").state, "resolved")

    def test_a_review_that_lapsed_is_a_notice_first_and_severe_after_its_days_of_grace(self):
        self.deployment.write({"review_date": NOW.date() - DAY, "idle_days": 0})
        finding = self.findings()["review"]
        self.assertEqual((finding.severity, finding.sentence), ("notice", "The periodic review was due on 03/01/2026."))
        self.assertEqual(self.findings(NOW + 13 * DAY)["review"].severity, "notice")
        self.assertEqual(self.findings(NOW + 14 * DAY)["review"].severity, "severe")
        self.deployment.review_date = NOW.date() + DAY
        self.assertEqual(self.findings(), {})

    def test_a_deputy_who_cannot_stand_in_is_a_notice(self):
        self.deputy.group_ids -= self.env.ref("ai_deployment.group_owner")
        found = self.findings()
        self.assertEqual(set(found), {"deputy"})
        self.assertEqual(found["deputy"].severity, "notice")

    def test_a_review_that_lapsed_in_production_is_severe_at_once(self):
        self.go_live()
        self.deployment.write({"review_date": NOW.date() - DAY, "idle_days": 0})
        self.assertEqual(self.findings()["review"].severity, "severe")


@tagged("post_install", "-at_install")
class TestReviewers(CheckCase):
    def test_reviewers_who_are_all_archived_are_a_notice_while_the_owner_is_there(self):
        self.reviewer.active = False
        finding = self.findings()["reviewers"]
        self.assertEqual(finding.severity, "notice")
        self.assertIn(f"reviews are assigned to {self.owner.name}", finding.sentence)
        self.reviewer.active = True
        self.assertEqual(self.findings(), {})

    def test_open_reviews_with_nobody_left_are_severe(self):
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(3))
        (self.reviewer | self.owner | self.deputy).write({"active": False})
        finding = self.findings()["reviewers"]
        self.assertEqual(
            (finding.severity, finding.sentence),
            ("severe", "There is no available reviewer; 3 reviews are open, the oldest since 03/02/2026."),
        )
