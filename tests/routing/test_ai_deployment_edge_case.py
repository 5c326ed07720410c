"""What it must not decide: enforced whatever the score says, tried for real, and tried again when anything changes."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.fingerprint import evidence_fingerprint
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import EdgeCaseCase


@tagged("post_install", "-at_install")
class TestEdgeCase(EdgeCaseCase):
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
        for values in ({"is_proved": True}, {"evidence_fingerprint": "x"}, {"result": "fine"}, {"tested_date": NOW}):
            with self.subTest(values), self.assertRaises(AccessError):
                case.with_user(self.owner).write(values)
        basis = evidence_fingerprint(self.deployment)
        made = (
            self.env["ai.deployment.edge.case"]
            .with_user(self.owner)
            .with_context(default_is_proved=True, default_evidence_fingerprint=basis)
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "name": "x",
                    "domain": "[('priority', '=', '3')]",
                    "is_proved": True,
                    "evidence_fingerprint": basis,
                    "tested_date": NOW,
                }
            )
        )
        self.assertFalse(made.is_proved or made.evidence_fingerprint or made.tested_date)

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
        for words in (
            "Excluded from automatic decisions",
            "Excluded edge cases changed",
            "Released for automatic decisions",
        ):
            self.assertIn(words, bodies)
