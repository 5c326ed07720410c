"""What the company's own records say; `test_ai_deployment_onboarding` has the sentences about too few."""

from datetime import timedelta
from types import SimpleNamespace

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.onboarding.deployment_maker import DeploymentMaker
from odoo.addons.ai_deployment.models.onboarding.survey import (
    LONG_ENOUGH_DAYS,
    MIN_ROWS,
    _without_outcome,
    lacking,
    list_action,
    survey,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase


@tagged("post_install", "-at_install")
class TestSurvey(StartCase):
    ROWS, OPEN = 60, 5

    def look(self, user, template="template_leads"):
        onboarding = self.begin(user, self.env.ref(f"ai_deployment.{template}"))
        with clock.at(NOW):
            return survey(DeploymentMaker(onboarding).draft())

    def test_counts_period_and_share(self):
        found = self.look(self.owner)
        rows = dict(found.rows)
        wins = len(self.past.filtered(lambda lead: lead.won_status == "won"))
        self.assertTrue(found.is_enough)
        self.assertEqual((rows["Records"], rows["Open Now"]), ("65 leads", "5"))
        self.assertIn(f"{wins} wins and {60 - wins} leads without a win", rows["Outcome Known"])
        self.assertIn(str(round(100 * wins / 60)), rows["Share Won"])
        self.assertRegex(rows["Period"], r"^\d\d/\d\d/\d{4} to \d\d/\d\d/\d{4}$")

    def test_one_team_can_tell_nothing_by_team(self):
        leads = self.past | self.open_leads
        one, two = self.env["crm.team"].create([{"name": "One"}, {"name": "Two"}])
        leads.team_id = one
        self.assertIn("nothing can be said by team", dict(self.look(self.owner).rows)["Teams"])
        leads[0].team_id = two
        self.assertEqual(dict(self.look(self.owner).rows)["Teams"], "2")

    def test_who_may_not_read_all_is_told_no_figures_of_the_others(self):
        every, own = "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"
        self.owner.write({"group_ids": [(3, self.env.ref(every).id), (4, self.env.ref(own).id)]})
        self.past.user_id = self.seller
        found = self.look(self.owner)
        self.assertIsNone(found.is_enough)
        self.assertIn("may not read all", found.sentence)
        self.assertFalse({"Outcome Known", "Share Won"} & dict(found.rows).keys())

    def test_bills_without_any(self):
        self.owner.write({"group_ids": [(4, self.env.ref("account.group_account_user").id)]})
        found = self.look(self.owner, "template_bills")
        if found.is_enough is not None:
            self.assertFalse(found.is_enough)
            self.assertRegex(found.sentence, "Not enough")


@tagged("post_install", "-at_install")
class TestSurveyWithoutOutcome(TransactionCase):
    def look(self, count, days=0, first=NOW):
        """Survey a deployment without an outcome, with as many rows over as many days."""
        rows = [(number, first, None) for number in range(count - 1)] + [(count, first + timedelta(days=days), None)]
        documents = SimpleNamespace(_ai_training_rows=lambda told, now: rows)
        told = SimpleNamespace(env={"a model": documents}, res_model="a model")
        draft = SimpleNamespace(env=self.env, res_model="a model", sudo=lambda: told)
        return _without_outcome(draft, [], {"records": "bills"})

    def test_enough_begins_at_the_least_number_of_rows(self):
        found = self.look(MIN_ROWS - 1)
        self.assertIs(found.is_enough, False)
        self.assertIn(f"Not enough: {MIN_ROWS - 1} bills to learn from", found.sentence)
        self.assertEqual(found.rows, [("To Learn From", str(MIN_ROWS - 1))])
        self.assertIs(self.look(MIN_ROWS).is_enough, True)

    def test_a_whole_year_knows_what_comes_once_a_year(self):
        for first in (NOW, NOW.date()):
            for days, text in ((LONG_ENOUGH_DAYS - 1, "Enough to begin."), (LONG_ENOUGH_DAYS, "more than a year")):
                found = self.look(MIN_ROWS, days, first)
                self.assertTrue(found.is_enough)
                self.assertIn(text, found.sentence)

    def test_who_may_read_none_is_told_so_and_no_more(self):
        self.assertEqual(lacking("None."), ([], "None.", False))

    def test_records_are_listed_by_odoos_own_action_without_its_filters(self):
        action = list_action(self.env["crm.lead"])
        self.assertEqual((action["res_model"], action["views"][0][1]), ("crm.lead", "list"))
        self.assertFalse([name for name in action["context"] if name.startswith("search_default_")])
        self.assertTrue(action["context"])
        plain = list_action(SimpleNamespace(_ai_list_action="", _description="Thing", _name="a.thing"))
        self.assertEqual((plain["name"], plain["res_model"]), ("Thing", "a.thing"))
        self.assertEqual(plain["views"], [(False, "list"), (False, "form")])
