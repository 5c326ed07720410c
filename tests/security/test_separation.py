"""What one person may not do alone is not undone by an edit: hand-over, go, periodic review, reviewers, sign-offs."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.governance.duties import builders
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestSeparation(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = new_test_user(
            cls.env,
            "ai_approver",
            "ai_deployment.group_owner,sales_team.group_sale_salesman_all_leads",
            email="ai_approver@example.com",
            context=QUIET,
        )
        cls.deployment.approver_id = cls.approver
        cls.manager.group_ids = [Command.link(cls.env.ref("sales_team.group_sale_salesman_all_leads").id)]
        cls.own = cls.deployment.with_user(cls.owner)
        cls.deputys = cls.deployment.with_user(cls.deputy)

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    # Handing over

    def hand_over(self, deployment, **values):
        people = {"user_id": self.owner.id, "deputy_id": self.deputy.id, "approver_id": self.approver.id, **values}
        wizard = deployment.env["ai.deployment.hand.over"].create(
            {"deployment_id": deployment.id, "note": "It is yours now.", **people}
        )
        wizard.action_hand_over()

    def test_a_deputy_hands_nothing_over_by_any_door(self):
        for name, person in (
            ("user_id", self.deputy),
            ("user_id", self.other_owner),
            ("deputy_id", self.other_owner),
            ("approver_id", self.other_owner),
            ("budget_holder_id", self.deputy),
        ):
            with self.subTest(field=name, person=person.login):
                with self.assertRaises(AccessError):
                    self.deputys.write({name: person.id})
                with self.assertRaises(AccessError):
                    self.deputys.write({"purpose": "Another purpose.", name: person.id})
                if name != "budget_holder_id":
                    with self.assertRaises(AccessError):
                        self.hand_over(self.deputys, **{name: person.id})
        with self.assertRaises(AccessError):
            self.deputys.write({"user_id": self.deputy.id, "deputy_id": False})
        self.assertEqual(self.deployment.user_id, self.owner)
        self.deputys.write({"user_id": self.owner.id, "deputy_id": self.deputy.id})  # as it is

    def test_the_owner_and_an_administrator_hand_over(self):
        self.hand_over(self.own, user_id=self.other_owner.id)
        self.assertEqual(self.deployment.user_id, self.other_owner)
        with self.assertRaises(AccessError):
            self.own.write({"user_id": self.owner.id})  # it is not theirs any more
        self.deployment.with_user(self.manager).user_id = self.owner
        self.assertEqual(self.deployment.user_id, self.owner)

    # Who built it or answered for it does not decide

    def test_who_answered_for_it_does_not_decide_after_stepping_aside(self):
        self.own.deputy_id = False
        with self.assertRaises(ValidationError):
            self.own.approver_id = self.deputy
        self.own.write({"deputy_id": self.deputy.id})
        with self.assertRaises(ValidationError):
            self.own.write({"deputy_id": self.other_owner.id, "approver_id": self.deputy.id})
        self.own.write({"user_id": self.other_owner.id})
        with self.assertRaises(ValidationError):
            self.deployment.with_user(self.other_owner).approver_id = self.owner

    def test_who_writes_what_it_learns_from_has_built_it(self):
        def filter_of_records(deployment):
            deployment.domain = "[('type', '=', 'opportunity')]"

        def new_input(deployment):
            deployment.feature_ids = [Command.create({"path": "medium_id", "name": "Medium"})]

        def changed_input(deployment):
            deployment.feature_ids[0].sequence = 3

        def deleted_input(deployment):
            deployment.feature_ids[-1].unlink()

        def horizon(deployment):
            deployment.horizon_days = 90

        for change in (filter_of_records, new_input, changed_input, deleted_input, horizon):
            with self.subTest(change=change.__name__):
                self.assertNotIn(self.manager, builders(self.deployment))
                savepoint = self.env.cr.savepoint()
                try:
                    change(self.deployment.with_user(self.manager))
                    self.assertIn(self.manager, builders(self.deployment))
                    with self.assertRaises(ValidationError):
                        self.deployment.approver_id = self.manager
                finally:
                    savepoint.close(rollback=True)
        self.deployment.with_user(self.manager).name = "Another name"
        self.assertNotIn(self.manager, builders(self.deployment))

    def test_a_live_deployment_keeps_somebody_apart_among_its_reviewers(self):
        self.go_live()
        for people in ([], self.approver.ids):
            with self.subTest(people=people), self.assertRaises(UserError):
                self.own.reviewer_ids = [Command.set(people)]
        with self.assertRaises(UserError):
            self.own.write({"approver_id": self.reviewer.id})
        self.own.reviewer_ids = [Command.link(self.other_owner.id)]
        self.own.reviewer_ids = [Command.unlink(self.reviewer.id)]
        self.assertEqual(self.deployment.reviewer_ids, self.other_owner)

    # The periodic review

    def decided(self, day):
        self.env["ai.deployment.approval"].create(
            {
                "deployment_id": self.deployment.id,
                "outcome": "go",
                "minutes": "A test.",
                "date": NOW,
                "user_id": self.approver.id,
                "next_review_date": day,
                "version_id": self.version.id,
            }
        )
        self.deployment.review_date = day

    def test_no_review_later_than_the_last_decision_says_in_any_state(self):
        day, late = date(2026, 6, 1), date(2099, 1, 1)
        self.decided(day)
        self.go_live()
        steps = {
            "production": lambda: None,
            "suspended": lambda: self.own.suspend(),
            "shadow": lambda: self.own.write({"state": "shadow"}),
            "poc": lambda: self.own.write({"state": "poc"}),
        }
        for state, step in steps.items():
            with self.subTest(state=state):
                step()
                self.assertEqual(self.deployment.state, state)
                for person in (self.owner, self.deputy, self.manager):
                    with self.assertRaises(UserError):
                        self.deployment.with_user(person).review_date = late
                with self.assertRaises(UserError):
                    self.own.write({"state": "shadow", "review_date": late})
                self.own.review_date = day - timedelta(days=1)
                self.own.review_date = day

    def test_a_later_date_that_code_wrote_does_not_go_live(self):
        self.decided(date(2026, 6, 1))
        self.deployment._score(self.make_leads(1))
        self.deployment.sudo().review_date = date(2099, 1, 1)
        with self.assertRaisesRegex(UserError, "next review"):
            self.own.state = "production"

    def test_before_the_first_go_the_date_is_free(self):
        fresh = self.make_deployment(user_id=self.owner.id, name="Another")
        self.env.cr.execute("DELETE FROM ai_deployment_approval WHERE deployment_id = %s", [fresh.id])
        fresh.invalidate_recordset()
        fresh.with_user(self.owner).review_date = date(2027, 1, 1)
        self.assertEqual(fresh.review_date, date(2027, 1, 1))

    # What the go was about

    def test_what_must_not_be_decided_is_not_taken_back_by_the_owner_alone(self):
        cases = self.env["ai.deployment.edge.case"]
        values = {"deployment_id": self.deployment.id, "name": "Public sector", "kind": "words", "words": "ministry"}
        case = cases.with_user(self.owner).create(values)
        case.words = "ministry, city"
        self.go_live()
        for change in (
            lambda own: own.write({"words": "nothing"}),
            lambda own: own.write({"instead": "outside"}),
            lambda own: own.unlink(),
            lambda own: own.deployment_id.write({"edge_case_ids": [Command.delete(own.id)]}),
        ):
            for state in ("production", "suspended", "shadow"):
                self.deployment.state = state
                with self.assertRaises(AccessError):
                    change(case)
        case.sequence = 20
        cases.with_user(self.owner).create({**values, "name": "Schools", "words": "school"})
        case.with_user(self.manager).unlink()

    def test_rows_and_signatures_that_were_decided_with_are_kept_in_any_state(self):
        row = (
            self.env["ai.deployment.check"]
            .with_user(self.owner)
            .create({"deployment_id": self.deployment.id, "name": "Works council", "dimension": "organisational"})
        )
        signature = self.env["ai.deployment.signature"].create(
            {"deployment_id": self.deployment.id, "role": "finance", "user_id": self.reviewer.id}
        )
        signature.sudo().write({"signed_date": NOW, "digest": "x"})
        row.sudo().write({"waived_until": date(2100, 1, 1), "waiver_reason": "A test."})
        self.go_live()
        self.deployment.state = "shadow"
        with self.assertRaises(UserError):
            signature.with_user(self.owner).unlink()
        self.deployment.state = "poc"
        with self.assertRaises(UserError):
            signature.with_user(self.owner).unlink()
        with self.assertRaises(UserError):
            row.with_user(self.owner).unlink()
