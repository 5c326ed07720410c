"""What it must not decide: enforced whatever the score says, tried for real, and tried again when anything changes."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.fingerprint import evidence_fingerprint
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestEdgeCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # else they go to a person as nobody has seen so much money
        cls.deployment._review_rule("out_of_support").is_on = False
        cls.large = cls.make_leads(3, name="Large", expected_revenue=900000)
        cls.small = cls.make_leads(3, name="Small")

    def case(self, person=None, **values):
        cases = self.env["ai.deployment.edge.case"].with_user(person or self.owner)
        return cases.create(
            {
                "deployment_id": self.deployment.id,
                "name": "Very large ones",
                "domain": "[('expected_revenue', '>', 500000)]",
                **values,
            }
        )

    def tried(self, case, person=None):
        with clock.at(NOW):
            case.with_user(person or self.owner).action_try()
        return case

    # Routing

    def test_what_it_must_not_decide_goes_to_a_person_however_sure_it_is(self):
        self.case()
        self.deployment._score(self.large + self.small, now=NOW)
        self.assertEqual(set(self.inferences_of(self.large).mapped("review_reason")), {"edge_case"})
        self.assertEqual(set(self.inferences_of(self.small).mapped("route")), {"automatic"})
        self.assertEqual(len(self.reviews_of(self.large)), 3)
        self.assertEqual(set(self.reviews_of(self.large).mapped("reason")), {"edge_case"})

    def test_words_in_the_texts_of_a_record_recognise_it(self):
        self.case(kind="words", domain="[]", words="framework agreement, tender")
        tender = self.make_leads(1, name="Public TENDER for chairs")
        frame = self.make_leads(1, description="<p>a framework agreement</p>")
        self.deployment._score(tender + frame + self.small, now=NOW)
        self.assertEqual(set(self.inferences_of(tender + frame).mapped("review_reason")), {"edge_case"})
        self.assertEqual(set(self.inferences_of(self.small).mapped("route")), {"automatic"})

    def test_other_cases_route_nothing(self):
        self.case(instead="drill")
        self.deployment._score(self.large, now=NOW)
        self.assertEqual(set(self.inferences_of(self.large).mapped("route")), {"automatic"})

    def test_a_record_that_is_held_out_as_well_stays_with_nobody(self):
        """A hold-out comes first: an edge case that is held out is scored, logged, and reviewed by nobody."""
        self.case()
        self.go_live()
        with clock.at(NOW):
            self.deployment.with_user(self.owner)._hold_out(0.5, "Finance asks what it brings.")
        leads = self.make_leads(40, name="Large", expected_revenue=900000)
        self.env.flush_all()
        came = NOW + timedelta(minutes=1)
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [came, leads.ids])
        self.env.invalidate_all()
        self.deployment._score(leads, now=came)
        held_out = self.deployment._held_out_ids(leads.ids)
        held, shown = (
            leads.filtered(lambda lead: lead.id in held_out),
            leads.filtered(lambda one: one.id not in held_out),
        )
        self.assertGreater(len(held), 8)
        self.assertGreater(len(shown), 8)
        self.assertEqual(set(self.inferences_of(held).mapped("route")), {"automatic"})
        self.assertEqual(set(self.inferences_of(held).mapped("review_reason")), {False})
        self.assertEqual(set(self.inferences_of(held).mapped("audit_chance")), {0.0})
        self.assertFalse(self.reviews_of(held))
        self.assertEqual(set(self.inferences_of(shown).mapped("review_reason")), {"edge_case"})
        self.assertEqual(len(self.reviews_of(shown)), len(shown))

    def test_an_edge_case_uses_the_quota_of_the_reason_that_it_replaces(self):
        """Thresholds are applied first: an edge case that is unsure as well counts among the unsure of a day."""
        self.case(kind="words", domain="[]", words="small")
        self.deployment.min_confidence = 1.0
        self.deployment._review_rule("low_confidence").cap = 4
        self.deployment._score(self.large + self.small, now=NOW)  # the small ones are less sure, so they come first
        self.assertEqual(set(self.inferences_of(self.small).mapped("review_reason")), {"edge_case"})
        self.assertEqual(
            sorted(self.inferences_of(self.large).mapped(lambda line: line.review_reason or "")),
            ["", "", "low_confidence"],
        )
        quotas = self.env["ai.deployment.room"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(quotas.mapped(lambda quota: (quota.reason, quota.used)), [("low_confidence", 4)])

    # Trying

    def test_trying_runs_the_real_scoring_on_real_records_and_leaves_nothing(self):
        case = self.case()
        before = [
            self.env[model].search_count([])
            for model in ("ai.deployment.inference", "ai.deployment.review", "ai.deployment.score")
        ]
        self.tried(case)
        self.assertTrue(case.is_proved)
        self.assertTrue(case.is_current)
        self.assertEqual(case.tried_count, 3)
        self.assertEqual(case.result, "All of 3 real records went to a person.")
        self.assertEqual((case.tried_by_id, case.tried_date), (self.owner, NOW))
        after = [
            self.env[model].search_count([])
            for model in ("ai.deployment.inference", "ai.deployment.review", "ai.deployment.score")
        ]
        self.assertEqual(before, after)

    def test_without_a_real_record_nothing_is_proved(self):
        case = self.tried(self.case(domain="[('expected_revenue', '=', 123456789)]"))
        self.assertFalse(case.is_proved)
        self.assertIn("No real record", case.result)

    def test_outside_is_proved_where_none_is_scored(self):
        case = self.tried(self.case(instead="outside"))
        self.assertFalse(case.is_proved)
        self.assertIn("the deployment scores it", case.result)
        self.deployment.domain = "[('expected_revenue', '<=', 500000)]"
        self.tried(case)
        self.assertTrue(case.is_proved)
        self.assertEqual(case.result, "None of 3 real records is scored.")

    def test_a_case_that_is_shown_by_a_drill_needs_one_that_was_passed(self):
        case = self.tried(self.case(instead="drill", drill_id=7))
        self.assertFalse(case.is_proved)
        self.assertIn("drill", case.result)

    def test_another_version_filter_or_wording_takes_the_proof_away(self):
        case = self.tried(self.case())
        self.serve(self.deployment, self.card(high=3.0))
        self.assertTrue(case.is_proved)
        self.assertFalse(case.is_current)
        self.tried(case)
        self.assertTrue(case.is_current)
        case.with_user(self.owner).domain = "[('expected_revenue', '>', 400000)]"
        self.assertFalse(case.is_proved)
        self.assertFalse(case.result)
        self.tried(case)
        case.with_user(self.owner).name = "Very large ones indeed"
        self.assertTrue(case.is_current)

    def test_it_has_to_be_at_work_to_be_tried(self):
        case = self.case()
        self.deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not at work"):
            self.tried(case)

    # Bad input

    def test_what_recognises_nothing_or_everything_is_refused(self):
        for values in (
            {"domain": "[]"},
            {"domain": "nonsense"},
            {"domain": "[('no_such_field', '=', 1)]"},
            {"domain": "[('name', '=', 1"},
            {"kind": "words", "words": " , "},
            {"kind": "words", "words": False},
            {"domain": "__import__('os').system('true')"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.case(**values)

    def test_a_filter_asks_only_for_what_its_author_may_read(self):
        for domain in ("[('ai_score', '>', 0.5)]", "[('message_ids.ai_x', '=', 1)]", "[('user_id.password', '!=', 1)]"):
            with self.subTest(domain), self.assertRaises(UserError):
                self.case(domain=domain)

    def test_nobody_writes_that_it_was_tried(self):
        case = self.case()
        for values in ({"is_proved": True}, {"basis": "x"}, {"result": "fine"}, {"tried_date": NOW}):
            with self.subTest(values), self.assertRaises(AccessError):
                case.with_user(self.owner).write(values)
        basis = evidence_fingerprint(self.deployment)
        made = (
            self.env["ai.deployment.edge.case"]
            .with_user(self.owner)
            .with_context(default_is_proved=True, default_basis=basis)
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "name": "x",
                    "domain": "[('priority', '=', '3')]",
                    "is_proved": True,
                    "basis": basis,
                    "tried_date": NOW,
                }
            )
        )
        self.assertFalse(made.is_proved or made.basis or made.tried_date)

    def test_only_who_answers_for_it_writes_and_tries(self):
        case = self.case()
        for person in (self.reviewer, self.auditor, self.other_owner):
            with self.subTest(person.login):
                with self.assertRaises(AccessError):
                    self.case(person=person)
                with self.assertRaises(AccessError):
                    self.tried(case, person)
        other = self.make_deployment(name="Another", user_id=self.other_owner.id)
        with self.assertRaises(UserError):
            case.with_user(self.owner).deployment_id = other

    def test_what_was_added_changed_or_removed_stands_in_the_history(self):
        case = self.case()
        case.with_user(self.owner).words = "x"
        case.with_user(self.owner).unlink()
        bodies = " ".join(self.deployment.message_ids.mapped("body"))
        for words in ("Must not be decided", "was changed", "May be decided from now on"):
            self.assertIn(words, bodies)
