"""A company means it and its branches: at the gate, in scoring, in what is shown, in histories; others never pool."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.gate import gates
from odoo.addons.ai_deployment.models.gate.gates import Gate
from odoo.addons.ai_deployment.models.review.expiry import expire_obsolete
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec
from odoo.addons.ai_deployment.tests.gate.common import GateCase


class BranchCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parent = cls.env.company
        companies = cls.env["res.company"]
        cls.north, cls.south = companies.create([{"name": name, "parent_id": cls.parent.id} for name in ("N", "S")])
        cls.shop = companies.create({"name": "Shop in the north", "parent_id": cls.north.id})
        cls.stranger = companies.create({"name": "Next door"})
        cls.everywhere = cls.parent + cls.north + cls.south + cls.shop + cls.stranger
        cls.env.user.company_ids += cls.everywhere
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.everywhere.ids})
        cls.deployment = cls.deployment.with_env(cls.env)

    def lead_of(self, company, **values):
        return self.make_leads(company_id=company.id, user_id=False, team_id=False, **values)


@tagged("post_install", "-at_install")
class TestBranches(BranchCase):
    def test_a_company_means_itself_and_all_below_it(self):
        companies = self.env["res.company"]
        below = {self.parent.id, self.north.id, self.south.id, self.shop.id}
        self.assertEqual(set(companies._ai_branch_ids(self.parent.id)), below)
        self.assertEqual(companies._ai_branch_ids(self.parent.id)[0], self.parent.id)
        self.assertEqual(companies._ai_branch_ids(self.shop.id), (self.shop.id,))
        self.assertEqual(companies._ai_above_ids(self.shop.id), (self.shop.id, self.north.id, self.parent.id))
        nearest = (self.shop + self.south + self.stranger)._ai_nearest({self.north.id, self.parent.id})
        self.assertEqual(nearest, {self.shop.id: self.north.id, self.south.id: self.parent.id})

    def test_a_new_branch_belongs_to_it_at_once(self):
        self.env["res.company"]._ai_branch_ids(self.parent.id)
        new = self.env["res.company"].create({"name": "New", "parent_id": self.parent.id})
        self.assertIn(new.id, self.env["res.company"]._ai_branch_ids(self.parent.id))

    def test_leads_of_branches_are_scored_and_those_of_others_are_outside(self):
        leads = self.lead_of(self.north) + self.lead_of(self.shop) + self.lead_of(self.stranger)
        outcome = self.deployment._score(leads)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (2, 1))
        lines = self.inferences_of(leads)
        self.assertEqual(lines.company_id, self.north + self.shop, "a line belongs to the company of its record")
        self.assertEqual(self.score_of(leads[1]).company_id, self.shop)

    def test_a_deployment_of_a_branch_looks_no_higher(self):
        self.deployment.company_id = self.north
        leads = self.lead_of(self.parent) + self.lead_of(self.south) + self.lead_of(self.shop)
        outcome = self.deployment._score(leads)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (1, 2))

    def test_the_score_is_shown_in_the_branch(self):
        self.deployment.is_primary = True
        lead, other = self.lead_of(self.shop), self.lead_of(self.stranger)
        self.go_live()
        self.deployment._score(lead + other)
        seller = new_test_user(
            self.env,
            "ai_shop",
            "sales_team.group_sale_salesman_all_leads",
            context=QUIET,
            company_id=self.shop.id,
            company_ids=[Command.set(self.shop.ids)],
        )
        seen = lead.with_user(seller).with_context(allowed_company_ids=self.shop.ids)
        self.assertTrue(seen.ai_score_date)
        self.assertEqual(seen.search([("ai_score", ">", 0)]), lead)
        self.assertEqual(seen.search([("id", "=", lead.id)], order="ai_score desc"), lead)
        scores = self.env["ai.deployment.score"].with_user(seller).with_context(allowed_company_ids=self.shop.ids)
        self.assertEqual(scores.search([]).mapped("res_id"), lead.ids)

    def test_a_lead_of_no_company_is_spoken_for_in_the_branch_as_well(self):
        self.deployment.is_primary = True
        lead = self.make_leads(company_id=False, user_id=False, team_id=False)
        self.go_live()
        self.deployment._score(lead)
        there = lead.with_user(self.reviewer)
        self.reviewer.company_ids += self.shop + self.stranger
        self.assertTrue(there.with_context(allowed_company_ids=self.shop.ids).ai_score_date)
        self.assertFalse(there.with_context(allowed_company_ids=self.stranger.ids).ai_score_date)

    def test_where_a_branch_has_its_own_deployment_that_one_speaks(self):
        self.deployment.is_primary = True
        own = self.make_deployment(
            company_id=self.north.id, viewer_group_ids=[Command.set(self.viewer_group.ids)], min_confidence=0.0
        )
        self.serve(own, self.card(high=3.0))
        own.write({"state": "shadow", "is_primary": True})
        leads = self.lead_of(self.north, expected_revenue=20000) + self.lead_of(self.south, expected_revenue=20000)
        leads += self.lead_of(self.shop, expected_revenue=20000)
        (self.deployment._score(leads), own._score(leads))
        self.go_live()
        own.state = "production"
        self.reviewer.company_ids += self.everywhere
        seen = leads.with_user(self.reviewer).with_context(allowed_company_ids=self.everywhere.ids)
        mine = {lead.id: self.score_of(lead, self.deployment).predicted_value for lead in leads}
        theirs = {lead.id: self.score_of(lead, own).predicted_value for lead in leads}
        expected = [theirs[leads[0].id], mine[leads[1].id], theirs[leads[2].id]]
        self.assertEqual(seen.mapped("ai_score"), expected)
        self.assertEqual(seen.search([("id", "in", leads.ids)], order="id").ids, sorted(leads.ids), "each once")
        self.assertEqual(len(seen.search([("id", "in", leads.ids)], order="ai_score")), 3)

    def test_a_lead_that_goes_to_another_branch_takes_its_score_and_its_question_along(self):
        self.deployment.min_confidence = 1.0
        lead = self.lead_of(self.north)
        self.go_live()
        self.deployment._score(lead)
        review = self.reviews_of(lead)
        self.assertEqual(
            (self.score_of(lead).company_id, review.company_id, review.state), (self.north,) * 2 + ("open",)
        )
        lead.company_id = self.south
        expire_obsolete(review)
        self.assertEqual((review.company_id, review.state), (self.south, "open"))
        self.deployment._score(lead)
        self.assertEqual(self.score_of(lead).company_id, self.south)
        self.assertEqual(self.reviews_of(lead), review)
        self.assertEqual(self.deployment._score(lead)["unchanged"], 1)
        lead.company_id = self.stranger
        expire_obsolete(review)
        self.assertEqual((review.expired_reason, review.company_id), ("company", self.south))

    def test_what_shows_instead_shows_in_the_branch(self):
        self.deployment.write({"is_primary": True, "fallback": "constant", "fallback_value": 0.25})
        lead, other = self.lead_of(self.shop), self.lead_of(self.stranger)
        self.go_live()
        self.deployment._score(lead)
        self.deployment.state = "suspended"
        self.deployment._update_fallback()
        self.reviewer.company_ids += self.everywhere
        seen = (lead + other).with_user(self.reviewer)
        self.assertEqual(seen.mapped("ai_score"), [0.25, 0])
        self.assertEqual(seen.search([("ai_is_fallback", "=", True), ("id", "in", seen.ids)]), lead)

    def test_outcomes_of_branches_teach_and_those_of_others_do_not(self):
        leads = self.lead_of(self.north) + self.lead_of(self.stranger)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = '2020-01-01' WHERE id = ANY(%s)", [leads.ids])
        rows = self.env["crm.lead"]._ai_training_rows(self.deployment, self.env.cr.now())
        found = {row[0] for row in rows}
        self.assertIn(leads[0].id, found)
        self.assertNotIn(leads[1].id, found)

    def test_histories_go_through_the_branches_and_no_further(self):
        countries = [
            self.lead_of(company, country_id=self.france.id, name="history")
            for company in (self.parent, self.north, self.stranger, self.shop)
        ]
        self.env.flush_all()
        for day, lead in enumerate(countries, start=1):  # as if they came one by one
            self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [f"2001-01-0{day}", lead.id])
        declared = spec(source="history", measure="count", group_paths=["name", "country_id"])
        reader = FeatureReader(self.env["crm.lead"], [declared], self.parent)
        self.assertEqual(reader.read([lead.id for lead in countries[:2] + countries[3:]])["x"], [0, 1, 2])
        north = FeatureReader(self.env["crm.lead"], [declared], self.north)
        self.assertEqual(north.read(countries[3].ids)["x"], [1])

    def test_a_reviewer_in_a_branch_answers_what_is_asked_there(self):
        reviewer = new_test_user(
            self.env,
            "ai_shop_reviewer",
            "ai_deployment.group_reviewer,sales_team.group_sale_salesman_all_leads",
            context=QUIET,
            email="shop@example.com",
            company_id=self.shop.id,
            company_ids=[Command.set(self.shop.ids)],
        )
        self.deployment.write({"reviewer_ids": [Command.set(reviewer.ids)], "min_confidence": 0.999})
        lead, elsewhere = self.lead_of(self.shop), self.lead_of(self.parent)
        elsewhere += self.make_leads(company_id=False, user_id=False, team_id=False)  # asked about in the company above
        self.deployment._score(lead + elsewhere)
        with self.enter_registry_test_mode():
            self.env.ref("ai_deployment.ir_cron_assign_reviews").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.reviews_of(lead).reviewer_id, reviewer)
        self.assertNotIn(reviewer, self.reviews_of(elsewhere).reviewer_id, "records that they cannot read, or reviews")
        seen = self.env["ai.deployment.review"].with_user(reviewer).with_context(allowed_company_ids=self.shop.ids)
        self.assertEqual(seen.search([]).mapped("res_id"), lead.ids)
        self.assertEqual(seen.search([]).deployment_id.name, self.deployment.name)
        seen.search([])._decide("confirmed")
        self.assertEqual(self.reviews_of(lead).state, "decided")

    def test_people_of_a_branch_change_nothing_of_the_deployment_above(self):
        manager = new_test_user(
            self.env,
            "ai_shop_manager",
            "ai_deployment.group_manager",
            context=QUIET,
            company_id=self.shop.id,
            company_ids=[Command.set(self.shop.ids)],
        )
        there = self.env["ai.deployment"].with_user(manager).with_context(allowed_company_ids=self.shop.ids)
        self.assertFalse(there.search([("id", "=", self.deployment.id)]))

    def test_a_filter_that_leaves_out_a_branch_is_told(self):
        def found():
            return [finding for finding in self.deployment._health()[self.deployment.id] if finding.code == "branches"]

        self.lead_of(self.north)
        self.lead_of(self.shop)
        self.lead_of(self.stranger)
        self.assertFalse(found())
        self.deployment.domain = f"[('company_id', 'in', {[self.parent.id, self.shop.id]})]"
        [finding] = found()
        self.assertEqual((finding.severity, "N (1)" in finding.sentence), ("notice", True), finding.sentence)
        self.assertNotIn("Shop", finding.sentence)

    def test_a_branch_has_the_checklist_of_the_company_above(self):
        templates = self.env["ai.deployment.check.template"]
        ours = templates.create({"name": "Ours", "company_id": self.parent.id})
        self.assertEqual(templates._of_company(self.shop), ours)
        own = templates.create({"name": "North", "company_id": self.north.id})
        self.assertEqual(templates._of_company(self.shop), own)
        self.assertEqual(templates._of_company(self.south), ours)
        self.assertNotIn(templates._of_company(self.stranger), ours + own)


@tagged("post_install", "-at_install")
class TestBranchesAtTheGate(GateCase):
    """Bills of a branch, entered on the journal of the company above it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch, cls.other = cls.env["res.company"].create(
            [{"name": name, "parent_id": cls.env.company.id} for name in ("Branch", "Other")]
        )
        cls.env.cr.precommit.run()  # their accounts are those of the company above
        people = cls.env.user + cls.ann + cls.ben + cls.cleo
        people.company_ids += cls.branch + cls.other

    def branch_bill(self, branch=None, **values):
        branch = branch or self.branch
        bill = self.make_bill(company_id=branch.id, **values)
        self.assertEqual(bill.company_id, branch)
        self.assertEqual(bill.journal_id.company_id, self.env.company)
        return bill

    def test_a_bill_of_a_branch_is_held_and_asked_about(self):
        bill = self.branch_bill()
        with self.stopped("Vendor"):
            bill.with_user(self.ann).with_context(allowed_company_ids=self.branch.ids).action_post()
        self.assertEqual(bill.state, "draft")
        self.assertEqual(self.kinds(bill), ["held"])
        self.assertEqual(self.events_of(bill).company_id, self.branch)
        self.assertEqual(self.reviews_of(bill).company_id, self.branch)
        self.assertTrue(bill.ai_is_held)
        self.assertIn(bill, self.env["account.move"].search([("ai_is_held", "=", True)]))
        self.branch_bill(amount=20.0).action_post()

    def test_a_bill_of_a_branch_that_was_found_usual_is_posted(self):
        bill = self.branch_bill()
        self.look(bill)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_several_bills_of_several_companies_at_once(self):
        bills = self.branch_bill() + self.make_bill() + self.branch_bill(self.other)
        with self.stopped():
            bills._post()
        self.assertEqual(self.events_of(bills).mapped("res_id"), bills.ids)

    def test_a_branch_with_a_gate_of_its_own_has_that_one(self):
        own = self.gate.sudo().copy({"company_id": self.branch.id, "name": "Own gate"})
        self.env.cr.execute(
            "UPDATE ai_deployment SET state = 'production', gate = 'warn', is_primary = TRUE WHERE id = %s", [own.id]
        )
        own.invalidate_recordset()
        found = gates.per_company(self.branch + self.other + self.env.company)
        self.assertEqual(found, {self.branch.id: own, self.other.id: self.gate, self.env.company.id: self.gate})
        bill = self.branch_bill()
        self.assertFalse(Gate(self.gate).scope(bill))
        self.assertEqual(Gate(own).scope(bill), bill)

    def test_a_branch_whose_own_gate_is_switched_off_has_that_of_the_company_above(self):
        own = self.gate.sudo().copy({"company_id": self.branch.id, "name": "Own gate"})
        self.env.cr.execute(
            "UPDATE ai_deployment SET state = 'suspended', gate = 'block', is_primary = TRUE WHERE id = %s", [own.id]
        )
        own.invalidate_recordset()
        self.assertEqual(gates.of_companies(self.branch), self.gate)

    def test_a_held_bill_of_a_branch_is_left_out_of_the_nightly_posting(self):
        bill, small = self.branch_bill(auto_post="at_date"), self.branch_bill(amount=20.0, auto_post="at_date")
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((bill.state, small.state), ("draft", "posted"))

    def test_an_open_gate_says_so_on_bills_of_the_branch(self):
        self.gate.state = "suspended"
        bill = self.branch_bill()
        bill.action_post()
        self.assertEqual(self.kinds(bill), ["bypassed"])

    def test_posted_bills_of_branches_teach(self):
        bill = self.branch_bill(amount=20.0)
        bill.action_post()
        rows = self.env["account.move"]._ai_training_rows(self.gate, self.env.cr.now())
        self.assertIn(bill.id, [row[0] for row in rows])

    def test_a_vendor_known_in_a_branch_is_not_new(self):
        self.gate.review_rule_ids.filtered(lambda rule: rule.reason == "new_vendor").is_on = True
        vendor = self.env["res.partner"].create({"name": "Known in a branch"})
        first = self.branch_bill(amount=20.0, partner_id=vendor.id)
        self.gate._score(first)
        self.assertEqual(self.inferences_of(first, self.gate).review_reason, "new_vendor")
        self.look(first)
        first.action_post()
        second = self.make_bill(20.0, partner_id=vendor.id, day=self.today)
        self.gate._score(second)
        self.assertFalse(self.inferences_of(second, self.gate).review_reason)
