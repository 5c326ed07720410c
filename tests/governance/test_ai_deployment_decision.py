"""A go or no-go: by whom, on what, with what kept, and how long it holds."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)


class DecisionCase(AiDeploymentCase):
    """A deployment in shadow with everything but a decision; the reviewer decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.decider = cls.reviewer
        cls.deployment.reviewer_ids = False
        cls.deployment.decider_id = cls.decider
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM ai_deployment_decision WHERE deployment_id = %s", [cls.deployment.id])
        cls.env.invalidate_all()
        with clock.at(NOW):
            cls.deployment._score(cls.lead)

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def decide(self, outcome="go", minutes="It did well.", days=None, person=None, **values):
        day = clock.today() + timedelta(days=days) if days is not None else None
        return Approval(self.deployment.with_user(person or self.decider)).sign(outcome, minutes, day, **values)


@tagged("post_install", "-at_install")
class TestDecision(DecisionCase):
    # What it does

    def test_a_go_brings_what_is_in_shadow_into_production(self):
        with self.assertRaisesRegex(UserError, "nobody has signed a go"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).action_go_live()
        decision = self.decide()
        self.assertEqual(self.deployment.state, "production")
        step = self.deployment.transition_ids.sorted("id")[-1]
        self.assertEqual((step.user_id, step.reason), (self.decider, "It did well."))
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
        self.deployment.action_suspend()
        self.assertEqual(self.decide().kind, "review")
        self.assertEqual(self.deployment.state, "suspended")
        self.deployment.with_user(self.owner).action_go_live()

    # What it needs

    def test_without_minutes_conditions_a_day_or_an_outcome_there_is_no_decision(self):
        for values, sentence in (
            ({"minutes": "  "}, "why you decide so"),
            ({"outcome": "conditions"}, "Name the conditions"),
            ({"outcome": "perhaps"}, "a go, a go with conditions, or a no-go"),
            ({"days": 0}, "in the future"),
            ({"days": -1}, "in the future"),
            ({"days": 89}, "90 days after going live"),
            ({"days": 731}, "within two years"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
                self.decide(**values)
        self.assertFalse(self.deployment.decision_ids)
        self.decide("conditions", conditions="Look at the Belgian leads weekly.", days=90)
        self.assertEqual(self.deployment.state, "production")
        self.decide(days=30)  # later reviews may come sooner

    def test_nothing_is_decided_before_shadow_or_after_the_end(self):
        for state in ("proof", "retired"):
            self.env.cr.execute("UPDATE ai_deployment SET state = %s WHERE id = %s", [state, self.deployment.id])
            self.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "nothing to decide yet"), self.env.cr.savepoint():
                self.decide()

    def test_a_missing_row_refuses_a_go_and_no_no_go(self):
        row = self.deployment.check_ids[0]
        row.waived_until = False
        with self.assertRaisesRegex(UserError, f"“{row.name}” is missing"), self.env.cr.savepoint():
            self.decide()
        self.decide("no_go", "Not yet.")
        self.assertEqual(self.deployment.state, "shadow")

    # By whom

    def test_only_the_named_decider_signs(self):
        for person in (self.owner, self.deputy, self.manager, self.env.ref("base.user_admin"), self.auditor):
            with (
                self.subTest(person=person.login),
                self.assertRaisesRegex(AccessError, "Only .* decides on this"),
                self.env.cr.savepoint(),
            ):
                self.decide(person=person)
        with self.assertRaises(AccessError):
            Approval(self.deployment).sign("go", "The superuser says so.")
        self.deployment.decider_id = False
        with self.assertRaisesRegex(AccessError, "Nobody is named yet"), self.env.cr.savepoint():
            self.decide()

    def test_who_built_it_does_not_decide(self):
        trained = self.keep(self.deployment, self.card(high=2.0))
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET trained_by_id = %s WHERE id = %s", [self.decider.id, trained.id]
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(AccessError, "Who built it"), self.env.cr.savepoint():
            self.decide()
        row = self.deployment.check_ids.filtered(lambda check: check.code == "decider")
        row.waived_until = False
        row._refresh()
        self.assertEqual((row.state, "built it" in row.evidence), ("missing", True))
        with self.assertRaisesRegex(ValidationError, "built it"), self.env.cr.savepoint():
            self.env["ai.deployment.decision"].create(
                {
                    "deployment_id": self.deployment.id,
                    "outcome": "go",
                    "minutes": "x",
                    "date": NOW,
                    "user_id": self.decider.id,
                    "next_review_date": NOW.date(),
                }
            )

    def test_who_answers_for_it_does_not_decide_whichever_is_named_first(self):
        for values in (
            {"decider_id": self.owner.id},
            {"decider_id": self.deputy.id},
            {"user_id": self.decider.id},
            {"deputy_id": self.decider.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "answers for it"),
                self.env.cr.savepoint(),
            ):
                self.deployment.write(values)
        mine = (
            self.env["ai.deployment"]
            .with_user(self.other_owner)
            .create({"name": "Mine", "purpose": "A test of who decides.", "model_id": self.lead_model.id})
        )
        with self.assertRaisesRegex(ValidationError, "built it"), self.env.cr.savepoint():
            mine.decider_id = self.other_owner

    def test_a_decider_is_a_person_with_a_part_in_it(self):
        root, named = self.env.ref("base.user_root"), self.deployment.with_user(self.owner)
        for person in (root, self.seller):
            with self.subTest(person=person.login), self.assertRaises(ValidationError):
                named.decider_id = person
        self.manager.active = False
        with self.assertRaises(ValidationError):
            named.decider_id = self.manager

    def test_who_answers_its_questions_is_not_only_who_built_it_or_decides(self):
        row = self.deployment.check_ids.filtered(lambda check: check.code == "decider")
        row.waived_until = False
        for reviewers, state in ((self.decider, "missing"), (self.decider + self.deputy, "met")):
            self.deployment.reviewer_ids = reviewers
            row._refresh()
            self.assertEqual(row.state, state, row.evidence)

    def test_one_person_where_the_template_permits_it_logged_and_renewed(self):
        self.deployment.check_template_id = self.env.ref("ai_deployment.check_template_small")
        self.deployment.decider_id = self.owner
        decision = self.decide(person=self.owner)
        self.assertTrue(decision.by_builder)
        last = decision.next_review_date
        with clock.at(NOW + 91 * DAY):
            self.deployment.with_user(self.owner).action_suspend()
            self.deployment.review_date = clock.today() + 30 * DAY
            with self.assertRaisesRegex(UserError, "held until"), self.env.cr.savepoint():
                self.deployment.with_user(self.owner).action_go_live()
            self.decide(person=self.owner)
            self.deployment.with_user(self.owner).action_go_live()
        self.assertGreater(self.deployment.review_date, last)

    # What is kept

    def test_the_evidence_is_frozen_as_it_stood(self):
        row = self.deployment.check_ids[0]
        decision = self.decide()
        frozen = {line["code"]: line for line in decision.evidence}
        self.assertEqual(len(frozen), len(self.deployment.check_ids))
        self.assertEqual(frozen[row.code]["state"], "waived")
        self.assertEqual(frozen[row.code]["waiver_reason"], "A test.")
        row.waiver_reason = "Something else"
        self.assertEqual({line["code"]: line for line in decision.evidence}, frozen)
        self.assertIn("A test.", decision.evidence_html)
        self.assertNotIn("Something else", decision.evidence_html)

    def test_nobody_changes_or_deletes_a_decision(self):
        decision = self.decide()
        for rows in (decision, decision.sudo(), decision.with_user(self.manager), decision.with_user(self.decider)):
            for attack in (lambda rows=rows: rows.write({"outcome": "no_go"}), rows.unlink):
                with self.assertRaises(UserError):
                    attack()
        with self.assertRaises(AccessError):
            decision.with_user(self.manager).copy()

    # How long it holds

    def test_the_review_of_what_is_in_production_moves_on_by_a_decision_only(self):
        self.decide()
        mine, day = self.deployment.with_user(self.owner), self.deployment.review_date
        mine.review_date = day - 10 * DAY
        mine.review_date = day
        with self.assertRaisesRegex(UserError, "moves on when it is decided on anew"), self.env.cr.savepoint():
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
            self.deployment.action_suspend()
        with clock.at(NOW + 3 * DAY):
            self.deployment.action_go_live()
            self.deployment._assign_champion(self.version, "Rolled back")
        with clock.at(NOW + 4 * DAY):
            self.deployment.action_suspend()
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

    # The dialog

    def test_what_changed_since_the_dialog_was_opened_is_looked_at_first(self):
        def dialog():
            wizard = Form(
                self.env["ai.deployment.decide"]
                .with_user(self.decider)
                .with_context(default_deployment_id=self.deployment.id)
            )
            wizard.outcome, wizard.minutes = "go", "It did well."
            return wizard.save()

        first, second = dialog(), dialog()
        self.assertIn("A test.", first.checklist_html)
        self.assertFalse(first.gap)
        first.action_decide()
        with self.assertRaisesRegex(UserError, "since you opened this"), self.env.cr.savepoint():
            second.action_decide()
        third = dialog()
        self.deployment._assign_champion(self.keep(self.deployment, self.card(high=2.0)), "Promoted")
        with self.assertRaisesRegex(UserError, "since you opened this"), self.env.cr.savepoint():
            third.action_decide()
        self.assertEqual(len(self.deployment.decision_ids), 1)

    def test_the_dialog_says_what_is_missing(self):
        self.deployment.check_ids[0].waived_until = False
        wizard = self.env["ai.deployment.decide"].with_user(self.decider).new({"deployment_id": self.deployment.id})
        self.assertIn("is missing", wizard.gap)

    def test_who_cannot_read_the_deployment_opens_no_dialog_on_it(self):
        wizards = self.env["ai.deployment.decide"].with_user(self.other_owner)
        with self.assertRaises(AccessError):
            wizards.with_context(default_deployment_id=self.deployment.id).default_get(["deployment_id"])

    def test_rows_of_somebodys_own_stand_in_the_frozen_checklist(self):
        self.deployment.check_ids = [Command.create({"name": "The works council agrees", "dimension": "business"})]
        own = self.deployment.check_ids.filtered(lambda check: check.code == "own")
        with self.assertRaisesRegex(UserError, "The works council agrees"), self.env.cr.savepoint():
            self.decide()
        own.with_user(self.owner)._sign("Minutes of 1 March.")
        self.assertIn("Minutes of 1 March.", str(self.decide().evidence))
