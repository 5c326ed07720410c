"""A go or no-go: what it does, what it needs, by whom, and how long it is valid."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, DecisionCase


@tagged("post_install", "-at_install")
class TestApproval(DecisionCase):
    def test_a_go_brings_what_is_in_shadow_into_production(self):
        with self.assertRaisesRegex(UserError, "no go has been signed"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).action_go_live()
        decision = self.decide()
        self.assertEqual(self.deployment.state, "production")
        step = self.deployment.transition_ids.sorted("id")[-1]
        self.assertEqual((step.user_id, step.reason), (self.approver, "It did well."))
        self.assertEqual((decision.version_id, decision.kind, decision.date), (self.version, "first", NOW))
        self.assertEqual(decision.next_review_date, NOW.date() + 90 * DAY)
        self.assertEqual(self.deployment.review_date, decision.next_review_date)

    def test_a_no_go_takes_it_out_and_keeps_it_out(self):
        self.decide()
        self.decide("no_go", "The sellers stopped looking at it.")
        self.assertEqual(self.deployment.state, "shadow")
        with self.assertRaisesRegex(UserError, "is a no-go"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).action_go_live()
        self.decide(days=90)
        self.assertEqual(self.deployment.state, "production")

    def test_a_no_go_is_followed_even_where_no_version_serves(self):
        self.decide()
        self.deployment.assignment_ids.end_date = NOW + DAY
        self.assertFalse(self.deployment.champion_id)
        self.decide("no_go", "Nothing serves.")
        self.assertEqual(self.deployment.state, "suspended")

    def test_a_go_for_what_is_switched_off_does_not_switch_it_on(self):
        self.decide()
        self.deployment.suspend()
        self.assertEqual(self.decide().kind, "review")
        self.assertEqual(self.deployment.state, "suspended")
        self.deployment.with_user(self.owner).action_go_live()

    def test_without_minutes_conditions_a_day_or_an_outcome_there_is_no_decision(self):
        for values, sentence in (
            ({"minutes": "  "}, "reason for your decision"),
            ({"outcome": "conditions"}, "Enter the conditions"),
            ({"outcome": "perhaps"}, "a go, a go with conditions, or a no-go"),
            ({"days": 0}, "in the future"),
            ({"days": -1}, "in the future"),
            ({"days": 89}, "90 days after going live"),
            ({"days": 731}, "within two years"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
                self.decide(**values)
        self.assertFalse(self.deployment.approval_ids)
        self.decide("conditions", conditions="Look at the Belgian leads weekly.", days=90)
        self.assertEqual(self.deployment.state, "production")
        self.decide(days=30)  # later reviews may come sooner

    def test_nothing_is_decided_before_shadow_or_after_the_end(self):
        for state in ("poc", "retired"):
            self.env.cr.execute("UPDATE ai_deployment SET state = %s WHERE id = %s", [state, self.deployment.id])
            self.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "Nothing to approve yet"), self.env.cr.savepoint():
                self.decide()

    def test_a_missing_row_refuses_a_go_and_no_no_go(self):
        row = self.deployment.check_ids[0]
        row.waived_until = False
        with self.assertRaisesRegex(UserError, f"“{row.name}” is missing"), self.env.cr.savepoint():
            self.decide()
        self.decide("no_go", "Not yet.")
        self.assertEqual(self.deployment.state, "shadow")

    def test_only_the_named_decider_signs(self):
        for person in (self.owner, self.deputy, self.manager, self.env.ref("base.user_admin"), self.auditor):
            with (
                self.subTest(person=person.login),
                self.assertRaisesRegex(AccessError, "Only .* can approve this"),
                self.env.cr.savepoint(),
            ):
                self.decide(person=person)
        with self.assertRaises(AccessError):
            Approval(self.deployment).sign("go", "The superuser says so.")
        self.deployment.approver_id = False
        with self.assertRaisesRegex(AccessError, "No approver is assigned yet"), self.env.cr.savepoint():
            self.decide()

    def test_a_decider_is_a_person_with_a_part_in_it(self):
        root, named = self.env.ref("base.user_root"), self.deployment.with_user(self.owner)
        for person in (root, self.seller):
            with self.subTest(person=person.login), self.assertRaises(ValidationError):
                named.approver_id = person
        self.manager.active = False
        with self.assertRaises(ValidationError):
            named.approver_id = self.manager

    def test_the_review_of_what_is_in_production_moves_on_by_a_decision_only(self):
        self.decide()
        mine, day = self.deployment.with_user(self.owner), self.deployment.review_date
        mine.review_date = day - 10 * DAY
        mine.review_date = day
        with self.assertRaisesRegex(UserError, "changes with a new approval"), self.env.cr.savepoint():
            mine.review_date = day + DAY
        with clock.at(NOW + 60 * DAY):
            renewed = self.decide(days=120)
        self.assertEqual((renewed.kind, self.deployment.review_date), ("review", NOW.date() + 180 * DAY))

    def test_a_promotion_and_a_rollback_in_production_keep_the_go(self):
        self.decide()
        with clock.at(NOW + DAY):
            second = self.keep(self.deployment, self.card(high=2.0))
            self.deployment._assign_champion(second, "Promoted")
            self.deployment._score(self.lead)
        self.assertEqual(self.deployment.state, "production")
        with clock.at(NOW + 2 * DAY):
            self.deployment.suspend()
        with clock.at(NOW + 3 * DAY):
            self.deployment.action_go_live()
            self.deployment._assign_champion(self.version, "Rolled back")
        with clock.at(NOW + 4 * DAY):
            self.deployment.suspend()
            self.deployment.action_go_live()
        self.assertEqual(self.deployment.state, "production")

    def test_a_version_that_was_never_in_production_is_decided_on(self):
        self.decide()
        with clock.at(NOW + DAY):
            self.deployment._move("shadow", "Not now")
        with clock.at(NOW + 2 * DAY):
            self.deployment._assign_champion(self.keep(self.deployment, self.card(high=2.0)), "Trained")
            self.deployment._score(self.lead)
            with (
                self.assertRaisesRegex(UserError, "the go was for Version 1, and Version 2 was never"),
                self.env.cr.savepoint(),
            ):
                with self.env.cr.savepoint():
                    self.deployment.with_user(self.owner).action_go_live()
            self.decide(days=90)
        self.assertEqual(self.deployment.state, "production")
