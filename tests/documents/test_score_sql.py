"""Whose scores a user is shown; what that means on records is tested with the mixin of documents."""

from datetime import timedelta
from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents import score_sql
from odoo.addons.ai_deployment.models.documents.score_sql import Shown, ShownScores
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestScoreSql(AiDeploymentCase):
    def shown(self, person, leads=None):
        leads = self.env["crm.lead"] if leads is None else leads
        with clock.at(NOW):
            return ShownScores(leads.with_user(person))

    def test_viewers_are_shown_scores_of_what_is_in_production(self):
        self.assertEqual(self.shown(self.seller).deployment_ids(), ())
        self.go_live()
        with clock.at(NOW):
            self.assertEqual(self.shown(self.seller).deployment_ids(), (self.deployment.id,))
            self.assertEqual(self.shown(self.accountant).deployment_ids(), ())
            shown = self.shown(self.accountant).shown(beside=self.deployment.ids)
        self.assertEqual(shown.deployments, self.deployment)
        self.assertIn(self.env.company.id, shown.companies(self.deployment))

    def test_columns_of_the_shown_score(self):
        lead, other = self.make_leads(2)
        with clock.at(NOW):
            self.deployment._score(lead)
        self.go_live()
        self.env.flush_all()
        with clock.at(NOW):
            shown, scores, fallbacks = self.shown(self.seller, lead + other).lines()
        self.assertEqual(shown.deployments, self.deployment)
        self.assertEqual(({lead.id: "scored"}, {}), ({one: line.state for one, line in scores.items()}, fallbacks))

    def alter(self, **values):
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(  # pylint: disable=sql-injection
                f"UPDATE ai_deployment SET {name} = %s WHERE id = %s", [value, self.deployment.id]
            )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_scores_are_shown_until_a_day_of_the_primary_deployment_to_its_viewers(self):
        self.go_live()
        for values, is_shown in (
            ({"shown_until": NOW.date()}, True),
            ({"shown_until": NOW.date() - timedelta(days=1)}, False),
            ({"shown_until": None}, False),
            ({"state": "suspended"}, False),
            ({"is_primary": False}, False),
        ):
            with self.subTest(values), clock.at(NOW), self.env.cr.savepoint() as savepoint:
                self.alter(**values)
                self.assertEqual(bool(self.shown(self.seller).deployment_ids()), is_shown)
                savepoint.rollback()
                self.env.invalidate_all()
                self.env.registry.clear_cache()

    def test_who_is_no_viewer_is_shown_those_named_beside(self):
        self.go_live()
        with clock.at(NOW):
            shown = self.shown(self.accountant)
            self.assertFalse(shown.shown().deployments)
            self.assertFalse(shown.shown(beside=[0]).deployments)
            self.assertEqual(shown.shown(beside=self.deployment.ids).deployments, self.deployment)
        self.assertEqual(self.shown(self.seller).shown().companies(self.deployment)[0], self.deployment.company_id.id)

    def test_who_is_to_judge_a_record_unseen_is_shown_no_score_of_it(self):
        leads = self.make_leads(3)
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(leads[:2])
            self.deployment.min_confidence = 0.0
            self.deployment._score(leads[2])
        self.go_live()
        self.deployment.reviewer_ids += self.other_owner
        self.deployment.blind_share = 1.0
        self.env.flush_all()
        for most in (1000, 2, 1):
            self.patch(score_sql, "MOST_HIDDEN", most)
            for person, seen in ((self.seller, leads), (self.reviewer, leads[2])):
                with self.subTest(most=most, person=person.login), clock.at(NOW):
                    _shown, scores, _fallbacks = self.shown(person, leads).lines()
                    self.assertEqual(set(scores), set(seen.ids))
                    found = self.env["ai.deployment.score"].search(
                        [("id", "in", self.shown(person, leads).score_ids())]
                    )
                    self.assertEqual(set(found.mapped("res_id")) & set(leads.ids), set(seen.ids))

    def test_records_that_wait_for_a_review(self):
        waiting, other = self.make_leads(2)
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(waiting)
        self.assertEqual(self.shown(self.seller, waiting + other).waiting(), set(), "nothing is shown yet")
        self.go_live()
        with clock.at(NOW):
            self.assertEqual(self.shown(self.seller, waiting + other).waiting(), {waiting.id})
            self.assertEqual(self.shown(self.seller).waiting(), set())
            self.reviews_of(waiting).sudo().state = "expired"
            self.env.flush_all()
            self.assertEqual(self.shown(self.seller, waiting + other).waiting(), set())

    def test_nothing_is_asked_about_records_that_are_not_stored(self):
        self.go_live()
        shown = self.shown(self.seller, self.env["crm.lead"].new({"name": "New"}))
        with clock.at(NOW):
            self.assertEqual((shown.lines(), list(shown.ids)), ((None, {}, {}), []))

    def test_a_deployment_speaks_of_its_company_and_of_those_below_that_have_none(self):
        shown = Shown(None, [], {2: 1, 1: 1, 3: 3, 5: 1})
        for company, speaks in ((1, [1, 2, 5]), (3, [3]), (9, [9])):
            self.assertEqual(shown.companies(SimpleNamespace(company_id=SimpleNamespace(id=company))), speaks)
