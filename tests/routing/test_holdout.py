"""A hold-out: some new leads have no score for anybody, by chance; nothing gives it away, and the result is causal."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.ml.routing import audit_selected
from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.routing.holdout import HoldoutRule
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import LATER, ValueCase
from odoo.addons.ai_deployment.tests.routing.common import HoldoutCase

FIELDS = ("ai_score", "ai_confidence", "ai_score_date", "ai_reasons", "ai_needs_review")


@tagged("post_install", "-at_install")
class TestHoldout(HoldoutCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 3650  # what was scored at `NOW` still holds when it is looked at

    def test_sql_draws_as_python_does(self):
        leads = self.make_leads(300)
        for share in (0.0001, 0.1, 0.5):
            one = HoldoutRule(self.deployment.id, "crm.lead", share, NOW)
            query = SQL("SELECT id FROM crm_lead WHERE id = ANY(%s) AND %s", leads.ids, one.drawn_sql("crm_lead"))
            drawn = {res_id for (res_id,) in self.env.execute_query(query)}
            keys = [f"crm.lead,{res_id}" for res_id in leads.ids]
            expected = audit_selected(keys, share, salt=one.salt)
            self.assertEqual(drawn, {res_id for res_id, yes in zip(leads.ids, expected, strict=True) if yes})

    def test_off_it_costs_nothing(self):
        leads = self.make_leads(3).with_user(self.seller)
        query = leads._as_query()
        ShownScores(leads).join_score("crm_lead", query)
        self.assertNotIn("sha256", str(query.select()))
        ShownScores(leads).deployment_ids()
        with self.assertQueryCount(0):
            self.assertFalse(ShownScores(leads).not_held_out("crm_lead", SQL("1")).code)

    def test_held_out_leads_are_scored_and_logged_and_shown_to_nobody(self):
        self.hold_out()
        held, shown = self.new_leads(40)
        self.assertGreater(len(held), 8)
        self.assertGreater(len(shown), 8)
        self.assertEqual(len(self.inferences_of(held)), len(held))
        for values in held.with_user(self.seller).read(FIELDS):
            self.assertFalse(any(values[name] for name in FIELDS), values)
        for values in shown.with_user(self.seller).read(FIELDS[:4]):
            self.assertTrue(all(values[name] for name in FIELDS[:4]), values)

    def test_search_sort_group_and_export_give_nothing_away(self):
        self.hold_out()
        held, shown = self.new_leads(40, expected_revenue=20000)
        leads = self.env["crm.lead"].with_user(self.seller)
        all_of_them = [("id", "in", (held + shown).ids)]
        for term in (
            ("ai_score", ">", 0),
            ("ai_score", "!=", False),
            ("ai_confidence", ">", 0.1),
            ("ai_score_date", "!=", False),
            "!",
        ):
            terms = [*all_of_them, "!", ("ai_score", "=", False)] if term == "!" else [*all_of_them, term]
            self.assertEqual(set(leads.search(terms).ids), set(shown.ids))
        for direction in ("asc", "desc"):
            order = leads.search(all_of_them, order=f"ai_score {direction}, id").ids
            self.assertEqual(order[-len(held) :], sorted(held.ids))
        groups = leads._read_group(all_of_them, ["ai_score"], ["__count"])
        self.assertEqual(sorted(count for _score, count in groups), sorted([len(held), len(shown)]))
        self.assertEqual(leads._read_group([("id", "in", held.ids)], [], ["ai_score:avg"]), [(False,)])
        rows = leads.browse(held.ids).export_data(["ai_score", "ai_reasons", "ai_score_date"])["datas"]
        self.assertFalse([row for row in rows if any(row)])

    def test_lists_of_scores_and_of_the_log_hide_them_from_everybody_but_the_auditor(self):
        self.hold_out()
        held, shown = self.new_leads(40)
        for model in ("ai.deployment.score", "ai.deployment.inference"):
            lines = self.env[model].sudo().search([("res_id", "in", held.ids)])
            self.assertEqual(len(lines), len(held))
            for person in (self.owner, self.deputy, self.reviewer):
                mine = self.env[model].with_user(person)
                with self.subTest(model=model, person=person.login):
                    self.assertFalse(mine.search([("res_id", "in", held.ids)]))
                    self.assertEqual(len(mine.search([("res_id", "in", shown.ids)])), len(shown))
                    groups = mine._read_group([("res_id", "in", held.ids)], ["res_id"], ["predicted_value:avg"])
                    self.assertFalse(groups)
                    self.assertFalse(lines[0].with_user(person).has_access("read"))
                    with self.assertRaises(AccessError):
                        lines[0].with_user(person).read(["predicted_value"])
            self.assertEqual(
                len(self.env[model].with_user(self.auditor).search([("res_id", "in", held.ids)])), len(held)
            )
        line = self.inferences_of(held)[0]
        with self.assertRaises(AccessError):
            line.with_user(self.owner).action_print_evidence()
        self.assertTrue(line.with_user(self.auditor).action_print_evidence())
        scores = self.env["ai.deployment.score"].with_user(self.seller)
        self.assertFalse(scores.search([("res_id", "in", held.ids)]))
        self.assertTrue(scores.search([("res_id", "in", shown.ids)]))

    def test_no_review_names_them(self):
        self.deployment.write({"min_confidence": 1.0, "audit_share": 1.0})
        self.hold_out()
        held, shown = self.new_leads(40)
        self.assertFalse(self.reviews_of(held))
        self.assertEqual(len(self.reviews_of(shown)), len(shown))
        self.assertEqual(set(self.inferences_of(held).mapped("route")), {"automatic"})

    def test_they_take_no_room_of_the_reviewers(self):
        self.deployment.write({"routing": "capacity", "reviews_per_day": 5})
        self.deployment.routing_thresholds = {"positive": None, "negative": None, "per_day": 5}
        self.hold_out()
        held, shown = self.new_leads(60)
        self.assertFalse(self.reviews_of(held))
        self.assertLessEqual(len(self.reviews_of(shown)), 5)

    def test_a_lead_that_cannot_be_scored_reaches_a_person_all_the_same(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.hold_out()
        held, _shown = self.new_leads(40, country_id=False)
        self.assertEqual(len(self.reviews_of(held)), len(held))

    def test_what_somebody_has_seen_does_not_disappear(self):
        before = self.make_leads(30)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [NOW - timedelta(days=1), before.ids]
        )
        self.env.invalidate_all()
        self.deployment._score(before, now=NOW)
        self.hold_out()
        self.env.invalidate_all()
        self.assertTrue(all(before.with_user(self.seller).mapped("ai_score")))

    def test_ending_it_shows_them_again(self):
        self.hold_out()
        held, _shown = self.new_leads(20)
        with clock.at(NOW + timedelta(days=1)):
            self.deployment.with_user(self.deputy)._hold_out(0, "Enough is known.")
        self.env.invalidate_all()
        self.assertTrue(all(held.with_user(self.seller).mapped("ai_score")))

    # Who

    def test_only_the_owner_begins_it_and_says_why(self):
        for person in (self.deputy, self.manager, self.other_owner, self.reviewer, self.seller):
            with self.subTest(person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person)._hold_out(0.1, "Because.")
        with self.assertRaisesRegex(UserError, "Enter (why|a reason)"):
            self.deployment.with_user(self.owner)._hold_out(0.1, "  ")
        for share in (0.6, -0.1):
            with self.assertRaises(ValidationError):
                self.deployment.with_user(self.owner)._hold_out(share, "Because.")
        self.hold_out(0.2)
        self.assertEqual(self.deployment.holdout_share, 0.2)
        self.assertIn("Finance asks", str(self.deployment.message_ids.mapped("body")))
        self.assertIn("20 % of the leads created since", self.deployment.holdout_text)


@tagged("post_install", "-at_install")
class TestHoldoutResult(ValueCase):
    def test_the_difference_between_the_groups_is_what_the_score_does(self):
        self.go_live()
        with clock.at(NOW):
            self.deployment.with_user(self.owner)._hold_out(0.5, "Finance asks.")
        leads = self.past_leads(400, NOW + timedelta(days=5), revenue=1000)
        held = self.deployment._held_out_ids(leads.ids)
        without = leads.filtered(lambda lead: lead.id in held)
        with_score = leads - without
        for group, share in ((without, 0.2), (with_score, 0.5)):
            won = group[: round(len(group) * share)]
            self.env.cr.execute(
                "UPDATE crm_lead SET won_status = CASE WHEN id = ANY(%s) THEN 'won' ELSE 'lost' END, date_closed = %s"
                " WHERE id = ANY(%s)",
                [won.ids, NOW + timedelta(days=9), group.ids],
            )
        with clock.at(LATER):
            self.deployment.action_measure_value()
        rows = self.rows("holdout")
        conversion = rows["conversion"]
        self.assertEqual((conversion.row_count, conversion.base_count), (len(with_score), len(without)))
        self.assertAlmostEqual(conversion.change, 0.3, 2)
        self.assertGreater(conversion.change_low, 0.15)
        self.assertGreater(rows["net"].money_low, 0)
        self.assertIn("was chosen at random", self.deployment.value_caveat)
        self.assertNotIn("Before/after comparison", self.deployment.value_caveat)
        self.assertIn("a month (", self.deployment.value_text)

    def test_ending_it_keeps_the_result(self):
        self.test_the_difference_between_the_groups_is_what_the_score_does()
        with clock.at(LATER):
            self.deployment.with_user(self.owner)._hold_out(0, "Enough is known.")
        self.assertTrue(self.rows("holdout")["net"].is_money)
