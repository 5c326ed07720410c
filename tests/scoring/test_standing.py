"""Which records a deployment is for, and where they stand before they are scored."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestStanding(AiDeploymentCase):
    def test_only_the_first_score_of_a_version_is_intake(self):
        lead = self.make_leads(expected_revenue=500)
        self.deployment._score(lead, now=NOW)
        lead.expected_revenue = 50000
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).mapped("is_first_inference"), [True, False])
        second = self.serve(self.deployment, self.card(high=0.5))
        self.deployment._score(lead, now=NOW)
        self.deployment._assign_champion(self.version, "back")
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).mapped("is_first_inference"), [True, False, True, False])
        self.assertEqual(self.inferences_of(lead)[2].version_id, second)

    def test_records_outside_the_filter_are_not_scored(self):
        self.deployment.domain = "[('expected_revenue', '>', 1000)]"
        small, large = self.make_leads(expected_revenue=10), self.make_leads(expected_revenue=2000)
        outcome = self.deployment._score(small + large, now=NOW)
        self.assertEqual((outcome["requested"], outcome["outside"], outcome["automatic"]), (2, 1, 1))
        self.assertFalse(self.score_of(small))

    def test_records_that_the_asker_cannot_read_are_not_scored(self):
        mine, others = self.make_leads(), self.make_leads(user_id=self.other_seller.id)
        outcome = self.deployment._score((mine + others).with_user(self.seller), now=NOW)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (1, 1))
        self.assertFalse(self.inferences_of(others))
        self.assertEqual(self.inferences_of(mine).user_id, self.seller)

    def test_records_of_another_company_are_not_scored(self):
        other = self.env["res.company"].create({"name": "Other company"})
        lead = self.make_leads(company_id=other.id, user_id=False, team_id=False)
        self.assertEqual(self.deployment._score(lead, now=NOW)["outside"], 1)
        shared = self.make_leads(company_id=False)
        self.assertEqual(self.deployment._score(shared, now=NOW)["automatic"], 1)

    def test_archived_records_are_scored_when_asked_for(self):
        lead = self.make_leads(active=False)
        self.assertEqual(self.deployment._score(lead, now=NOW)["automatic"], 1)

    def test_deleted_records_are_left_out(self):
        lead = self.make_leads()
        gone = self.make_leads()
        ids = (lead + gone).ids
        gone.unlink()
        outcome = self.deployment._score(self.env["crm.lead"].browse(ids), now=NOW)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (1, 1))

    def test_another_kind_of_record_is_refused(self):
        with self.assertRaisesRegex(UserError, "scores other records"):
            self.deployment._score(self.env.user.partner_id, now=NOW)
