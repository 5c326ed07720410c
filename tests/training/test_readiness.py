"""What is missing before a first version; see also the start date."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.documents.lead_outcomes import LeadOutcomes
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.readiness import missing_outcomes, readiness
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestReadiness(AiDeploymentCase):
    def test_how_many_outcomes_are_missing(self):
        self.deployment.domain = "[('id', '=', 0)]"
        with clock.at(NOW):
            self.assertIn("About 15 more wins are needed", missing_outcomes(self.deployment.sudo()))

    def missing(self, wins, others, to_come=()):
        with (
            clock.at(NOW),
            patch.object(LeadOutcomes, "counts", return_value=(wins, others)),
            patch.object(LeadOutcomes, "to_come", return_value=list(to_come)),
        ):
            return missing_outcomes(self.deployment.sudo())

    def test_fifteen_of_either_outcome_are_enough_and_the_rarer_one_is_named(self):
        self.assertFalse(self.missing(15, 15))
        self.assertIn("About 1 more wins are needed for training: there are 14 so far", self.missing(14, 15))
        self.assertIn("About 12 more", self.missing(20, 3))
        self.assertIn("there are 3 so far", self.missing(20, 3))
        self.assertIn("there are 2 so far", self.missing(2, 1 + 1))
        self.assertNotIn("younger", self.missing(14, 15))

    def test_those_that_are_there_and_count_later_are_told_with_their_day(self):
        wins = [(True, NOW + timedelta(days=day)) for day in range(1, 4)]
        others = [(False, NOW + timedelta(days=day)) for day in range(11, 14)]
        text = self.missing(13, 14, wins + others)
        self.assertIn("16 wins and 17", text)
        self.assertIn("enough records will be available on 03/13/2026", text, "the 2nd win and the 1st loss")
        self.assertIn("enough records will be available on 03/04/2026", self.missing(13, 15, wins))
        text = self.missing(11, 14, wins + others)
        self.assertIn("About 4 more wins", text)
        self.assertIn("Of younger records, 3 wins and 3 ", text)
        self.assertIn("count from 03/03/2026 on", text)

    def test_figures_only_for_who_may_read_each_record(self):
        self.deployment.domain = "[('id', '=', 0)]"
        with clock.at(NOW):
            self.assertIn("About 15", readiness(self.deployment.with_user(self.owner)))
            text = readiness(self.deployment.with_user(self.reviewer))
            self.assertEqual("About 15" in text, self.reviewer.has_group("sales_team.group_sale_salesman_all_leads"))
            groups = "ai_deployment.group_reviewer,sales_team.group_sale_salesman"
            self.env["crm.lead"].create({"name": "Of a colleague", "type": "opportunity", "user_id": self.seller.id})
            of_own_leads = new_test_user(self.env, "ai_own_leads", groups=groups)
            self.assertIn("More outcomes are needed", readiness(self.deployment.with_user(of_own_leads)))

    def test_what_finds_unusual_records_needs_none(self):
        unusual = self.make_deployment(method="anomaly", is_primary=False)
        self.assertFalse(missing_outcomes(unusual.sudo()))
