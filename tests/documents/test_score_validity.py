"""Whatever is read, searched, sorted, grouped or exported: no chance that is not about now, unless it says so."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools.score_fields import SCORE_FIELDS
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability

HIGH, MIDDLE = probability(1.5), probability(0.0)


@tagged("post_install", "-at_install")
class TestScoreValidity(AiDeploymentCase):
    """Leads of the seller: fresh ones, one that was changed, one whose time is over, and three closed ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_allow_export").user_ids += cls.seller
        leads = [cls.make_leads(name=name, expected_revenue=20000) for name in "abcdef"]
        cls.fresh, cls.changed, cls.expired, cls.won, cls.lost, cls.archived = leads
        cls.even = cls.make_leads(name="g")
        cls.mine = cls.env["crm.lead"].union(*leads, cls.even)
        with clock.at(NOW):
            cls.deployment._score(cls.mine)
            cls.deployment.state = "production"
        cls.changed.expected_revenue = 20001
        cls.env.cr.flush()  # what the commit does
        cls.won.action_set_won()
        cls.lost.action_set_lost()
        cls.archived.active = False
        cls.env.flush_all()
        past = clock.now() - timedelta(days=cls.deployment.horizon_days + 1)
        cls.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [past, cls.expired.id])
        cls.env.invalidate_all()
        cls.stale = cls.changed + cls.expired
        cls.closed = cls.won + cls.lost + cls.archived
        cls.good = cls.fresh + cls.even

    def setUp(self):
        super().setUp()
        self.leads = self.env["crm.lead"].with_user(self.seller).with_context(active_test=False)

    def search(self, *terms, **options):
        return self.leads.search([("id", "in", self.mine.ids), *terms], **options)

    def test_figures_are_read_of_fresh_scores_only(self):
        seen = self.leads.browse(self.mine.ids)
        rows = {row["id"]: row for row in seen.read(["ai_score", "ai_confidence", "ai_band", "ai_score_text"])}
        for lead in self.good:
            self.assertTrue(rows[lead.id]["ai_score"])
            self.assertTrue(rows[lead.id]["ai_band"])
        for lead in self.stale + self.closed:
            self.assertFalse(any(rows[lead.id][name] for name in ("ai_score", "ai_confidence", "ai_band")))
        self.assertEqual(
            [rows[lead.id]["ai_score_text"] for lead in self.fresh + self.even + self.stale],
            ["82 % · Hot", "50 % · Hot", "82 % · changed since this score", "82 % · expired"],
        )
        self.assertFalse(any(rows[lead.id]["ai_score_text"] for lead in self.closed))

    def test_reasons_of_a_score_that_no_longer_holds_are_not_shown(self):
        reasons = self.leads.browse(self.stale.ids).mapped("ai_reasons")
        for shown, text in zip(reasons, ("has been changed since", "which are over"), strict=True):
            self.assertIn(text, shown)
            self.assertNotIn("▲", shown)
        for lead in self.closed:
            self.assertFalse(self.leads.browse(lead.id).ai_reasons)

    def test_no_search_finds_a_stale_or_closed_figure(self):
        for term in (
            ("ai_score", ">", 0.1),
            ("ai_score", "!=", False),
            ("ai_confidence", ">", 0),
            ("ai_band", "!=", False),
            ("ai_band", "=", "high"),
            ("ai_score_state", "=", "fresh"),
        ):
            with self.subTest(term=term):
                self.assertEqual(self.search(term), self.leads.browse(self.good.sorted("id").ids))
        self.assertEqual(self.search(("ai_score_state", "=", "changed")).ids, self.changed.ids)
        self.assertEqual(self.search(("ai_score_state", "=", "expired")).ids, self.expired.ids)
        self.assertEqual(set(self.search(("ai_score_date", "!=", False)).ids), set((self.good + self.stale).ids))

    def test_closed_and_expired_ones_are_sorted_last_either_way(self):
        down = self.search(order="ai_score desc, id").ids
        self.assertEqual(down[:4], (self.fresh + self.changed + self.even + self.expired).ids)
        up = self.search(order="ai_score asc, id").ids
        self.assertEqual(up[:4], (self.even + self.fresh + self.changed + self.expired).ids)
        self.assertEqual(set(down[4:]), set(self.closed.ids))

    def test_groups_count_fresh_figures_only(self):
        mine = [("id", "in", self.mine.ids)]
        average, highest = self.leads._read_group(mine, [], ["ai_score:avg", "ai_score:max"])[0]
        self.assertAlmostEqual(average, (HIGH + MIDDLE) / 2, 9)
        self.assertAlmostEqual(highest, HIGH, 9)
        bands = dict(self.leads._read_group(mine, ["ai_band"], ["__count"]))
        self.assertEqual(bands, {"high": 2, False: 5})
        states = dict(self.leads._read_group(mine, ["ai_score_state"], ["__count"]))
        self.assertEqual(states, {"fresh": 2, "changed": 1, "expired": 1, False: 3})

    def test_scores_themselves_say_no_more_than_the_records(self):
        scores = self.env["ai.deployment.score"].with_user(self.seller)
        found = scores.search([("deployment_id", "=", self.deployment.id), ("res_id", "in", self.mine.ids)])
        self.assertEqual(set(found.mapped("res_id")), set(self.good.ids))
        hidden = scores.sudo().search([("res_id", "in", (self.stale + self.closed).ids)])
        for score in hidden.sudo(False):
            self.assertFalse(score.with_user(self.seller).has_access("read"))

    def test_the_people_of_a_deployment_read_all_scores_and_how_they_stand(self):
        scores = self.env["ai.deployment.score"].with_user(self.owner)
        found = scores.search([("deployment_id", "=", self.deployment.id), ("res_id", "in", self.mine.ids)])
        told = {score.res_id: score.standing for score in found}
        expected = dict.fromkeys(self.good.ids, "fresh") | dict.fromkeys(self.closed.ids, "closed")
        self.assertEqual(told, {**expected, self.changed.id: "changed", self.expired.id: "expired"})

    def test_who_is_no_viewer_finds_nothing_by_any_way(self):
        self.deployment.viewer_group_ids = [Command.clear()]
        self.env.invalidate_all()
        mine = [("id", "in", self.mine.ids)]
        names = sorted(SCORE_FIELDS - {"ai_needs_my_review", "ai_review_text"})
        for row in self.leads.browse(self.mine.ids).read(names):
            self.assertFalse(any(row[name] for name in names), row)
        for term in (("ai_band", "=", "high"), ("ai_score_state", "in", ["fresh", "changed", "expired"])):
            self.assertFalse(self.search(term))
            partners = self.env["res.partner"].with_user(self.seller)
            self.assertFalse(partners.search([("opportunity_ids", "any", [term])]))
        for name in ("ai_score", "ai_band", "ai_score_state", "ai_confidence"):
            for direction in ("asc", "desc"):
                self.assertEqual(self.search(order=f"{name} {direction}, id").ids, sorted(self.mine.ids))
        for name in ("ai_band", "ai_score_state", "ai_score"):
            self.assertEqual(len(self.leads._read_group(mine, [name], ["__count"])), 1)
        exported = self.leads.browse(self.mine.ids).export_data(["ai_score_text", "ai_score_help", "ai_band"])["datas"]
        self.assertFalse(any(any(row) for row in exported))
        with self.assertRaises(UserError):
            self.leads.browse(self.changed.id).action_ai_complete()
        self.leads.browse(self.changed.id).read(["ai_score"])
        self.assertTrue(self.score_of(self.changed).is_changed)  # who sees no score makes none

    def test_who_looks_at_a_changed_lead_sees_it_scored_anew(self):
        lead = self.leads.browse(self.changed.id)
        self.assertEqual((lead.ai_score_state, lead.ai_score_text), ("fresh", "82 % · Hot"))
        lead.expected_revenue = 10
        self.env.flush_all()
        self.env.invalidate_all()  # saved from a form, which reads it again
        values = lead.web_read({"ai_score": {}, "ai_reasons": {}, "ai_score_state": {}})[0]
        self.assertAlmostEqual(values["ai_score"], probability(-1.0), 9)
        self.assertEqual(values["ai_score_state"], "fresh")
        self.assertIn("Expected Revenue is 0 to 1,000: lowers the chance", values["ai_reasons"])

    def test_a_change_that_is_no_input_marks_nothing(self):
        self.fresh.write({"phone": "123", "priority": "2"})
        self.commit()
        self.assertFalse(self.score_of(self.fresh).is_changed)

    def test_a_change_that_says_the_same_is_forgotten_at_the_next_scoring(self):
        self.assertTrue(self.score_of(self.changed).is_changed)
        outcome = self.deployment._score(self.changed)
        self.assertEqual((outcome["unchanged"], self.score_of(self.changed).is_changed), (1, False))

    def test_closed_leads_are_not_scored_again(self):
        self.deployment.score_on_change = True
        before = len(self.inferences_of(self.closed))
        self.closed.write({"country_id": self.usa.id})
        self.commit()
        self.assertEqual(len(self.inferences_of(self.closed)), before)
        self.fresh.country_id = self.usa
        self.commit()
        self.assertEqual(len(self.inferences_of(self.fresh)), 2)

    def test_a_reopened_lead_shows_its_score_again(self):
        self.archived.active = True
        self.assertEqual(self.leads.browse(self.archived.id).ai_score_text, "82 % · Hot")

    def test_what_was_written_while_a_lead_was_closed_is_told_when_it_is_open_again(self):
        """Also where every change is scored at once: a closed lead is not."""
        self.deployment.score_on_change = True
        for close, reopen in (
            (self.even.action_set_won, lambda: self.even.write({"stage_id": self.fresh.stage_id.id})),
            (self.even.action_set_lost, self.even.action_unarchive),
        ):
            close()
            self.commit()
            self.even.expected_revenue += 20000
            self.commit()
            reopen()
            self.even.invalidate_recordset()
            self.commit()
            self.env.invalidate_all()
            self.assertEqual(self.even.won_status, "pending")
            states = self.leads.browse((self.even + self.fresh).ids).mapped("ai_score_state")
            self.assertEqual(states, ["fresh", "fresh"])
            self.assertAlmostEqual(self.leads.browse(self.even.id).ai_score, HIGH, 9)

    def test_a_lead_that_left_the_filter_shows_nothing(self):
        self.deployment.domain = "[('country_id', '=', %s)]" % self.belgium.id
        self.fresh.country_id = self.usa
        self.commit()
        self.env.invalidate_all()
        seen = self.leads.browse((self.fresh + self.even).ids)
        self.assertEqual(seen.mapped("ai_score_state"), [False, "fresh"])
        self.assertEqual(self.leads.browse(self.fresh.id).ai_score_text, False)
        self.assertFalse(self.search(("ai_score_state", "!=", False)) & self.leads.browse(self.fresh.id))
        score = self.score_of(self.fresh)
        self.assertFalse(score.with_user(self.seller).has_access("read"))
        self.assertEqual(score.with_user(self.owner).standing, "outside")
        self.fresh.country_id = self.belgium
        self.commit()
        self.env.invalidate_all()
        self.assertEqual(self.leads.browse(self.fresh.id).ai_score_state, "fresh")

    def test_a_filter_that_cannot_be_used_hides_no_score(self):
        self.env.cr.execute(
            "UPDATE ai_deployment SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", self.deployment.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.leads.browse((self.fresh + self.even).ids).mapped("ai_score_state"), ["fresh", "fresh"])

    def test_a_score_by_a_clock_that_ran_ahead_is_made_again(self):
        ahead = clock.now() + timedelta(days=300)
        self.env.cr.execute("UPDATE ai_deployment_score SET date = %s WHERE res_id = %s", [ahead, self.fresh.id])
        self.env.invalidate_all()
        states = self.leads.browse((self.fresh + self.even).ids).mapped("ai_score_state")
        self.assertEqual(states, ["changed", "fresh"])
        self.env.invalidate_all()
        lead = self.leads.browse(self.fresh.id)
        self.assertEqual((lead.ai_score_state, lead.ai_score_date <= clock.now()), ("fresh", True))

    def test_who_reviews_a_stale_score_reads_as_of_when_its_figures_are(self):
        self.deployment.min_confidence = 1.0
        self.deployment._score(self.mine, again=True)
        self.changed.country_id = self.usa
        self.commit()
        self.env.invalidate_all()
        self.patch(type(self.deployment), "_refresh_score", lambda _self, _record: False)
        told = self.env["crm.lead"].with_user(self.reviewer).browse((self.changed + self.fresh).ids)
        texts = told.mapped("ai_review_text")
        self.assertRegex(texts[0] or "", "as of")
        self.assertNotRegex(texts[1], "as of")
        unasked = self.make_leads().with_user(self.reviewer)
        self.assertIs(unasked.ai_review_text, False)

    def test_a_list_costs_no_statement_for_the_words(self):
        def statements(names):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.leads.web_search_read([("id", "in", self.mine.ids)], {name: {} for name in names})
            return self.env.cr.sql_log_count - before

        statements(["ai_score"])
        plain, worded = statements(["name", "ai_score"]), statements(["name", "ai_score", "ai_score_text", "ai_band"])
        self.assertEqual(worded, plain)
