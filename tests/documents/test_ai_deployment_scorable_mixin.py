"""The score on the record: one condition for reading, searching, sorting, grouping and exporting it."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents import score_sql
from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability

FIELDS = ("ai_score", "ai_confidence", "ai_score_date", "ai_reasons", "ai_needs_review")
HIGH, MIDDLE, LOW = probability(1.5), probability(0.0), probability(-1.0)


@tagged("post_install", "-at_install")
class TestScoreOnTheRecord(AiDeploymentCase):
    """Leads of the seller: a likely one, an even one, an unlikely one, and two without a score."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_allow_export").user_ids += cls.seller
        cls.none = cls.make_leads(name="No score")
        cls.low = cls.make_leads(name="Low", expected_revenue=10)
        cls.high = cls.make_leads(name="High", expected_revenue=20000)
        cls.middle = cls.make_leads(name="Middle")
        cls.none_either = cls.make_leads(name="No score either")
        cls.theirs = cls.make_leads(name="Theirs", expected_revenue=20000, user_id=cls.other_seller.id)
        cls.scored = cls.high + cls.middle + cls.low
        cls.unscored = cls.none + cls.none_either
        cls.all_mine = cls.scored + cls.unscored
        with clock.at(NOW):
            cls.deployment._score(cls.scored + cls.theirs)
            cls.deployment.state = "production"
        cls.env.flush_all()
        cls.env.invalidate_all()

    @property
    def leads(self):
        """All leads of this test, as the seller."""
        return self.env["crm.lead"].with_user(self.seller)

    def found(self, *terms, order="id", **options):
        return self.leads.search([("id", "in", (self.all_mine + self.theirs).ids), *terms], order=order, **options)

    def assertHidden(self, leads=None):
        """Nothing of a score can be seen, nor inferred from what is found, in which order, in which group."""
        self.env.flush_all()
        self.env.invalidate_all()
        leads = self.leads if leads is None else leads
        mine = [("id", "in", self.all_mine.ids)]
        ids = sorted(self.all_mine.ids)
        for values in leads.browse(ids).read(FIELDS):
            self.assertFalse(any(values[name] for name in FIELDS), values)
        for term in (
            ("ai_score", ">", 0),
            ("ai_score", "<", 1),
            ("ai_score", ">=", -1),
            ("ai_score", "!=", False),
            ("ai_score", "in", [HIGH]),
            ("ai_confidence", ">", 0),
            ("ai_score_date", "!=", False),
            ("ai_score_date", ">", "2000-01-01"),
            ("ai_score", "not in", [False]),
        ):
            with self.subTest(term=term):
                # no score reads as 0, so that a condition holds for all of them or for none
                holds_for_zero = term in [("ai_score", "<", 1), ("ai_score", ">=", -1)]
                self.assertEqual(leads.search([*mine, term], order="id").ids, ids if holds_for_zero else [])
        self.assertEqual(leads.search([*mine, ("ai_score", "=", False)], order="id").ids, ids)
        self.assertEqual(leads.search([*mine, "!", ("ai_score", ">", 0.5)], order="id").ids, ids)
        for name in FIELDS[:3]:
            for direction in ("asc", "desc", "desc nulls first"):
                self.assertEqual(leads.search(mine, order=f"{name} {direction}, id").ids, ids)
        self.assertEqual(leads._read_group(mine, [], ["ai_score:avg", "ai_score:max", "__count"]), [(False, False, 5)])
        self.assertEqual(len(leads._read_group(mine, ["ai_score"], ["__count"])), 1)
        self.assertEqual(leads.search(mine, order="ai_score desc, id", limit=1).ids, ids[:1])

    # Reading

    def test_a_viewer_sees_the_score_with_its_reasons(self):
        lead = self.high.with_user(self.seller)
        self.assertAlmostEqual(lead.ai_score, HIGH, 12)
        self.assertAlmostEqual(lead.ai_confidence, HIGH, 12)
        self.assertEqual(lead.ai_score_date, NOW)
        self.assertEqual(
            lead.ai_reasons.splitlines()[:2],
            ["▲ Expected Revenue is 10,000 to 100,000: raises the chance", "▲ Country is Belgium: raises the chance"],
        )
        low = self.low.with_user(self.seller)
        self.assertAlmostEqual(low.ai_score, LOW, 12)
        self.assertAlmostEqual(low.ai_confidence, 1 - LOW, 12)

    def test_a_record_without_a_score_shows_none(self):
        for name in FIELDS:
            self.assertFalse(self.none.with_user(self.seller)[name])

    def test_each_record_shows_its_own_score(self):
        values = self.leads.browse(self.all_mine.ids).mapped("ai_score")
        for value, expected in zip(values, (HIGH, MIDDLE, LOW, 0.0, 0.0), strict=True):
            self.assertAlmostEqual(value, expected, 12)

    def test_a_failed_score_shows_nothing_on_the_record_but_why(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        lead = lead.with_user(self.seller)
        self.assertFalse(lead.ai_score)
        self.assertFalse(lead.search([("id", "=", lead.id), ("ai_score", "!=", False)]))
        self.assertEqual(lead.ai_reasons, "Could not be scored: “Country” has no value.")

    def test_a_new_record_has_no_score(self):
        self.assertFalse(self.env["crm.lead"].new({"name": "New"}).ai_score)
        edited = self.leads.new(origin=self.high.with_user(self.seller))
        self.assertAlmostEqual(edited.ai_score, HIGH, 12)

    def test_a_copy_has_no_score(self):
        self.assertFalse(self.high.copy().with_user(self.seller).ai_score)

    def test_a_score_on_the_record_cannot_be_written(self):
        self.env.flush_all()
        self.high.with_user(self.seller).write({"ai_score": 0.1})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(self.high.with_user(self.seller).ai_score, HIGH, 12)
        self.assertAlmostEqual(self.score_of(self.high).predicted_value, HIGH, 12)

    # Searching

    def test_search_by_score(self):
        low = self.score_of(self.low).predicted_value
        for term, expected in (
            (("ai_score", ">", 0.6), self.high),
            (("ai_score", ">=", MIDDLE), self.high + self.middle),
            (("ai_score", "<", 0.5), self.low + self.unscored),  # in Odoo a number that is not set is 0
            (("ai_score", "<", 0.0), self.leads),
            (("ai_score", "=", MIDDLE), self.middle),
            (("ai_score", "in", [MIDDLE, low]), self.middle + self.low),
            (("ai_score", "!=", False), self.scored),
            (("ai_score", "=", False), self.unscored),
            (("ai_confidence", ">", 0.8), self.high),
            (("ai_confidence", "=", False), self.unscored),
            (("ai_score_date", "=", NOW), self.scored),
            (("ai_score_date", "!=", False), self.scored),
            (("ai_score_date", "=", False), self.unscored),
            (("ai_score_date", "<", NOW), self.leads),
        ):
            with self.subTest(term=term):
                self.assertEqual(set(self.found(term).ids), set(expected.ids))
                self.assertEqual(self.leads.search_count([("id", "in", self.all_mine.ids), term]), len(expected))

    def test_not_combined_with_other_terms(self):
        self.assertEqual(
            set(self.found("|", ("ai_score", ">", 0.6), ("name", "=", "Low")).ids), set((self.high + self.low).ids)
        )
        self.assertEqual(
            set(self.found("!", ("ai_score", ">", 0.6)).ids), set((self.middle + self.low + self.unscored).ids)
        )
        self.assertEqual(self.found(("ai_score", ">", 0.1), ("ai_score", "<", 0.4)).ids, self.low.ids)

    def test_a_search_through_a_relation(self):
        partner = self.env["res.partner"].create({"name": "Customer"})
        (self.high + self.low).write({"partner_id": partner.id})
        partners = self.env["res.partner"].with_user(self.seller)
        mine = ("id", "=", partner.id)
        self.assertTrue(partners.search([mine, ("opportunity_ids.ai_score", ">", 0.6)]))
        self.assertFalse(partners.search([mine, ("opportunity_ids.ai_score", ">", 0.9)]))

    def test_a_filter_in_memory_gives_what_a_search_gives(self):
        leads = self.leads.browse(self.all_mine.ids)
        for term in (("ai_score", ">", 0.6), ("ai_score", "<=", MIDDLE), ("ai_score_date", "!=", False)):
            with self.subTest(term=term):
                self.assertEqual(set(leads.filtered_domain([term]).ids), set(self.found(term).ids))

    # Sorting

    def test_unscored_records_come_last_whichever_way_the_list_is_sorted(self):
        unscored = self.unscored.sorted("id")
        self.assertEqual(self.found(order="ai_score desc, id").ids, (self.high + self.middle + self.low + unscored).ids)
        self.assertEqual(self.found(order="ai_score asc, id").ids, (self.low + self.middle + self.high + unscored).ids)
        self.assertEqual(self.found(order="ai_confidence desc, id").ids[3:], unscored.ids)
        self.assertEqual(self.found(order="ai_confidence, id").ids[3:], unscored.ids)
        self.assertEqual(self.found(order="ai_score_date desc, id").ids[3:], unscored.ids)
        self.assertEqual(self.found(order="ai_score nulls first, id").ids[3:], unscored.ids)

    def test_pages_of_a_sorted_list_fit_together(self):
        for order in ("ai_score desc, id", "ai_score, id", "ai_score desc"):
            whole = self.found(order="ai_score desc, id" if order == "ai_score desc" else order).ids
            pages = [self.found(order=order, limit=2, offset=offset).ids for offset in (0, 2, 4)]
            with self.subTest(order=order):
                self.assertEqual(pages[0], whole[:2])
                self.assertEqual(pages[1][:1], whole[2:3])
                self.assertEqual(len(sum(pages, [])), 5)

    def test_the_list_can_be_sorted_by_it(self):
        fields = self.leads.fields_get([*FIELDS])
        for name in FIELDS[:3]:
            with self.subTest(field=name):
                self.assertTrue(fields[name]["sortable"])
                self.assertTrue(fields[name]["searchable"])
        self.assertEqual(fields["ai_score"]["aggregator"], "avg")

    # Grouping

    def test_groups_average_scores_and_leave_the_unscored_out(self):
        mine = [("id", "in", self.all_mine.ids)]
        [(average, highest, count)] = self.leads._read_group(mine, [], ["ai_score:avg", "ai_score:max", "__count"])
        self.assertAlmostEqual(average, (HIGH + MIDDLE + LOW) / 3, 12)
        self.assertAlmostEqual(highest, HIGH, 12)
        self.assertEqual(count, 5)
        self.low.country_id = self.usa
        groups = self.leads.formatted_read_group(mine, ["country_id"], ["ai_score:avg", "__count"])
        averages = {group["country_id"][0]: group["ai_score:avg"] for group in groups}
        self.assertAlmostEqual(averages[self.belgium.id], (HIGH + MIDDLE) / 2, 12)
        self.assertAlmostEqual(averages[self.usa.id], LOW, 12)

    def test_groups_can_be_sorted_by_their_average(self):
        self.low.country_id = self.usa
        mine = [("id", "in", self.all_mine.ids)]
        groups = self.leads._read_group(mine, ["country_id"], ["ai_score:avg"], order="ai_score:avg asc")
        self.assertEqual(
            [country for country, _average in groups],
            [self.usa.with_user(self.seller), self.belgium.with_user(self.seller)],
        )

    def test_a_condition_and_an_average_agree(self):
        domain = [("id", "in", (self.all_mine + self.theirs).ids), ("ai_score", ">", 0.4)]
        self.assertEqual(self.leads._read_group(domain, [], ["__count"]), [(2,)])

    def test_what_wants_review_is_found_sorted_grouped_and_exported(self):
        self.deployment.min_confidence = 0.75  # only the likely one is sure enough
        self.deployment._score(self.scored, again=True)
        waiting = (self.middle + self.low).sorted("id")
        self.assertEqual(self.found(("ai_needs_review", "=", True)), waiting.with_user(self.seller))
        self.assertEqual(len(self.found(("ai_needs_review", "=", False))), 3)
        self.assertEqual(set(self.found(order="ai_needs_review desc, id")[:2].ids), set(waiting.ids))
        mine = [("id", "in", self.all_mine.ids)]
        self.assertEqual(dict(self.leads._read_group(mine, ["ai_needs_review"], ["__count"])), {True: 2, False: 3})
        exported = self.leads.browse(waiting.ids + self.high.ids).export_data(["ai_needs_review"])["datas"]
        self.assertEqual(exported, [[True], [True], [False]])
        self.reviews_of(self.middle).with_user(self.reviewer)._decide("confirmed")
        self.assertEqual(self.found(("ai_needs_review", "=", True)), self.low.with_user(self.seller))
        self.assertFalse(self.leads.browse(self.middle.id).ai_needs_review)

    def test_who_sees_no_score_cannot_tell_what_wants_review(self):
        self.deployment.min_confidence = 1.0
        self.deployment._score(self.scored, again=True)
        self.assertTrue(self.found(("ai_needs_review", "=", True)))
        self.deployment.viewer_group_ids = False
        self.assertHidden()
        self.assertFalse(self.found(("ai_needs_review", "=", True)))

    def test_export(self):
        data = self.found(order="ai_score desc, id").export_data(["name", "ai_score", "ai_reasons"])["datas"]
        self.assertEqual([row[0] for row in data[:3]], ["High", "Middle", "Low"])
        self.assertAlmostEqual(float(data[0][1]), HIGH, 6)
        self.assertIn("Belgium", data[0][2])
        self.assertFalse(float(data[4][1] or 0))

    # Who sees it, and when

    def test_in_shadow_nobody_sees_it(self):
        self.deployment.state = "shadow"
        self.assertHidden()
        self.assertHidden(self.env["crm.lead"].with_user(self.owner))

    def test_suspended_hides_it_at_once(self):
        self.deployment.state = "suspended"
        self.assertHidden()

    def test_retired_hides_it(self):
        self.deployment.state = "retired"
        self.assertHidden()

    def test_who_is_in_no_viewer_group_sees_nothing_and_can_infer_nothing(self):
        self.deployment.viewer_group_ids = self.env["res.groups"].create({"name": "Callers"})
        self.assertHidden()
        self.assertHidden(self.env["crm.lead"].with_user(self.reviewer))

    def test_without_viewer_groups_nobody_sees_it(self):
        self.deployment.viewer_group_ids = False
        self.assertHidden()
        self.assertHidden(self.env["crm.lead"])

    def test_a_group_that_implies_a_viewer_group_sees_it(self):
        self.assertNotIn(self.viewer_group, self.reviewer.group_ids)
        self.assertAlmostEqual(self.high.with_user(self.reviewer).ai_score, HIGH, 12)

    def test_a_deployment_that_is_not_primary_shows_nothing(self):
        self.deployment.is_primary = False
        self.assertHidden()

    def test_an_archived_deployment_shows_nothing(self):
        self.deployment.state = "suspended"
        self.deployment.active = False
        self.assertHidden()

    def test_the_primary_deployment_speaks_and_no_other(self):
        second = self.make_deployment(
            is_primary=False, viewer_group_ids=[Command.set(self.viewer_group.ids)], min_confidence=0.0
        )
        self.serve(second, self.card(high=-3.0))
        second.state = "shadow"
        second._score(self.scored, now=NOW)
        with clock.at(NOW):
            second.state = "production"
        self.env.invalidate_all()
        self.assertAlmostEqual(self.high.with_user(self.seller).ai_score, HIGH, 12)
        self.deployment.is_primary = False
        self.env.flush_all()
        second.is_primary = True
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(self.high.with_user(self.seller).ai_score, probability(-3.0), 12)
        self.assertEqual(self.found(order="ai_score desc, id").ids[0], self.middle.id)

    def test_records_of_others_stay_out_of_sight(self):
        self.assertFalse(self.leads.search([("id", "=", self.theirs.id), ("ai_score", ">", 0)]))
        self.assertNotIn(self.theirs.id, self.found(order="ai_score desc").ids)

    def test_one_viewers_score_is_not_kept_for_the_next(self):
        self.assertTrue(self.high.with_user(self.seller).ai_score)
        self.assertFalse(self.high.with_user(self.manager).sudo().ai_score)
        self.assertFalse(self.high.with_user(self.manager).sudo().ai_reasons)

    def test_the_score_of_another_company_is_not_shown(self):
        company = self.env["res.company"].create({"name": "Next door"})
        self.seller.company_ids += company
        (self.scored + self.unscored).write({"company_id": False})
        lead = self.high.with_user(self.seller)
        here = lead.with_context(allowed_company_ids=[self.env.company.id, company.id])
        there = lead.with_context(allowed_company_ids=company.ids)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(here.ai_score, HIGH, 12)
        self.assertFalse(there.ai_score)
        mine = [("id", "in", self.all_mine.ids)]
        self.assertFalse(there.search([*mine, ("ai_score", ">", 0)]))
        self.assertHidden(self.leads.with_context(allowed_company_ids=company.ids))

    def test_a_list_asks_once_what_it_may_show(self):
        """Once for the search, whatever it filters and sorts by, and once for the values that are told."""
        leads, asked = self.leads, []
        domain = [("id", "in", self.all_mine.ids), ("ai_score", ">", 0), ("ai_confidence", ">", 0)]
        shown = ShownScores.shown
        self.patch(ShownScores, "shown", lambda *arguments: asked.append(1) or shown(*arguments))
        found = leads.search(domain, order="ai_score desc, ai_confidence")
        self.assertEqual(found, (self.high + self.middle + self.low).with_user(self.seller))
        self.assertEqual(len(asked), 1)
        found.mapped("ai_score"), found.mapped("ai_score_date")
        self.assertEqual(len(asked), 2)

    def test_statements_behind_a_list_with_scores(self):
        spec = {"name": {}, "ai_score": {}, "ai_confidence": {}}
        self.leads.web_search_read([("id", "in", self.all_mine.ids)], spec, order="ai_score desc", limit=80)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(5):  # what is shown (twice), the list, what rules read of it, the scores
            self.leads.web_search_read([("id", "in", self.all_mine.ids)], spec, order="ai_score desc", limit=80)

    def test_columns_of_a_list_read_the_scores_once(self):
        leads, read = self.leads.browse(self.all_mine.ids), []
        lines = ShownScores.lines
        self.patch(ShownScores, "lines", lambda *arguments: read.append(1) or lines(*arguments))
        names = ["ai_score", "ai_score_state", "ai_reasons", "ai_score_help", "ai_change_text", "ai_missing_text"]
        first = leads.read(names)
        self.assertEqual(len(read), 1)
        for lead, values in zip(leads, first, strict=True):
            self.env.invalidate_all()
            self.assertEqual(values, lead.browse(lead.id).read(names)[0], "one by one they say the same")

    def test_why_there_are_no_scores_is_read_together(self):
        self.serve(self.deployment, self.card(required=("source_id",)))
        with clock.at(NOW):
            self.deployment._scoring_run(self.all_mine, again=True).run()
        leads = self.leads.browse(self.all_mine.ids)
        queries = []
        for some in (leads[:1], leads):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(set(some.mapped("ai_reasons")), {"Could not be scored: “Source” has no value."})
            queries.append(self.cr.sql_log_count - before)
        self.assertLessEqual(queries[1], queries[0])

    def test_a_new_score_is_told_at_once_in_all_columns(self):
        lead = self.leads.browse(self.low.id)
        before = (lead.ai_score, lead.ai_reasons, lead.ai_score_help)
        with clock.at(NOW):
            self.low.expected_revenue = 20000
            self.deployment._score(self.low)
        after = (lead.ai_score, lead.ai_reasons, lead.ai_score_help)
        self.assertAlmostEqual(after[0], HIGH, 12)
        self.assertTrue(all(one != other for one, other in zip(before, after, strict=True)), after)

    def test_a_reviewer_sees_no_score_in_a_list_of_what_is_judged_blindly(self):
        """Few of them are named in the statement, many are read within it: both hide the same."""
        self.deployment.write({"blind_share": 1.0, "min_confidence": 0.75})
        self.deployment.reviewer_ids += self.other_owner
        self.deployment.viewer_group_ids += self.env.ref("ai_deployment.group_reviewer")
        with clock.at(NOW):
            self.deployment._scoring_run(self.scored, again=True).run()
        self.assertEqual(self.reviews_of(self.scored).mapped("res_id"), (self.low + self.middle).ids)
        leads = self.env["crm.lead"].with_user(self.reviewer)
        mine = [("id", "in", self.scored.ids)]
        for most in (0, 1, 2, 3):
            with self.subTest(most=most):
                self.patch(score_sql, "MOST_HIDDEN", most)
                self.env.invalidate_all()
                self.assertEqual(leads.search([*mine, ("ai_score", ">", 0)]).ids, self.high.ids)
                self.assertEqual(leads.search(mine, order="ai_score, id desc").ids[0], self.high.id)
                [(most_told, least_told)] = leads._read_group(mine, [], ["ai_score:max", "ai_score:min"])
                self.assertAlmostEqual(most_told, HIGH, 12)
                self.assertAlmostEqual(least_told, HIGH, 12)
                self.assertEqual([bool(lead.ai_score) for lead in leads.browse(self.scored.ids)], [True, False, False])

    def test_each_company_has_a_score_of_its_own(self):
        company = self.env["res.company"].create({"name": "Next door"})
        self.reviewer.company_ids += company
        lead = self.make_leads(company_id=False, expected_revenue=20000, user_id=False, team_id=False)
        second = self.make_deployment(
            company_id=company.id, viewer_group_ids=[Command.set(self.viewer_group.ids)], min_confidence=0.0
        )
        self.serve(second, self.card(high=-3.0))
        second.state = "shadow"
        for deployment in (self.deployment, second):
            deployment._score(lead, now=NOW)
        with clock.at(NOW):
            second.state = "production"
        self.env.flush_all()
        self.env.invalidate_all()
        both = [self.env.company.id, company.id]
        for companies, expected in (
            (both, HIGH),
            (both[::-1], probability(-3.0)),
            (both[:1], HIGH),
            (both[1:], probability(-3.0)),
        ):
            with self.subTest(companies=companies):
                seen = lead.with_user(self.reviewer).with_context(allowed_company_ids=companies)
                self.assertAlmostEqual(seen.ai_score, expected, 12)
                found = seen.search([("id", "=", lead.id), ("ai_score", ">", 0.5)])
                self.assertEqual(bool(found), expected > 0.5)

    # Names of levels

    def test_levels_are_called_as_people_call_them(self):
        names = self.env["crm.lead"]._ai_level_names
        gone = str(self.env["res.country"].search([], order="id desc", limit=1).id + 1000)
        belgium = str(self.belgium.id)
        self.assertEqual(names("country_id", [belgium, gone]), {belgium: "Belgium", gone: "deleted record"})
        self.assertEqual(names("type", ["lead"])["lead"], "Lead")
        self.assertEqual(names("active", ["true"]), {"true": "yes", "false": "no"})
        self.assertEqual(names("email_from", ["a@example.com"]), {})
        tags = self.env["crm.tag"].create([{"name": "Hot"}, {"name": "Fair"}])
        level = ",".join(map(str, tags.ids))
        self.assertEqual(names("tag_ids", [level]), {level: "Fair, Hot"})
