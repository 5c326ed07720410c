"""Who answers for a deployment, what follows when nobody does, and handing over."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.governance.ownership import Ownership
from odoo.addons.ai_deployment.models.review.activities import ReviewActivities
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.governance.common import DAY, PeopleCase


@tagged("post_install", "-at_install")
class TestOwner(PeopleCase):
    def user(self, login, groups="ai_deployment.group_owner,sales_team.group_sale_salesman", **values):
        return new_test_user(self.env, login, groups=groups, context=QUIET, **values)

    def test_bots_shared_logins_and_who_cannot_see_the_records_are_refused_when_named(self):
        twin = self.user("ai_twin", email="ai_owner@example.com")
        people = {
            self.env.ref("base.user_root"): "active internal user",
            self.env.ref("base.public_user"): "active internal user",
            self.user("ai_portal_owner", "base.group_portal", email="p@example.com"): "active internal user",
            twin: "have the same e-mail address",
            self.user("ai_no_role", "sales_team.group_sale_salesman", email="r@example.com"): "does not have the role",
            self.user("ai_no_leads", "ai_deployment.group_owner", email="l@example.com"): "may not read leads",
        }
        self.env.company.partner_id.email = "Info@Company.example"
        people[self.user("ai_office", email="info@company.example")] = "belongs to the company"
        for person, sentence in people.items():
            for field in ("user_id", "deputy_id"):
                with self.subTest(person=person.login, field=field):
                    with self.assertRaisesRegex(ValidationError, sentence), self.env.cr.savepoint():
                        self.deployment.with_user(self.owner).write({field: person.id})
        twin.active = False
        self.deployment.with_user(self.owner).user_id = self.other_owner

    def test_who_has_no_address_yet_is_asked_for_one_when_accepting(self):
        no_mail = self.user("ai_no_mail", email="n@example.com")
        no_mail.partner_id.email = False
        self.deployment.with_user(self.owner).user_id = no_mail
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.deployment.with_user(no_mail).action_accept()
        self.assertFalse(self.deployment.has_accepted)

    def test_the_owner_accepts_in_person_and_once_per_owner(self):
        row = self.row("owner_accepted")
        self.assertEqual((row.state, row.evidence), ("missing", f"{self.owner.name} has not accepted yet."))
        for person in (self.deputy, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person).action_accept()
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_satisfy()
        row.with_user(self.owner).action_satisfy()
        self.assertEqual((row.state, self.deployment.accepted_date), ("met", NOW))
        self.deployment.user_id = self.other_owner
        self.deployment.user_id = self.owner
        self.assertFalse(self.deployment.has_accepted, "what somebody else took over has to be accepted anew")
        self.assertEqual(self.row("owner_accepted").state, "missing")

    def test_an_owner_who_lost_access_is_no_owner_in_the_checklist(self):
        self.deployment.with_user(self.owner).action_accept()
        for change, sentence in (
            (
                lambda: self.owner.write({"group_ids": [Command.unlink(self.group("group_owner").id)]}),
                "does not have the role",
            ),
            (lambda: self.owner.write({"active": False}), "is no longer active"),
        ):
            with self.env.cr.savepoint() as savepoint:
                change()
                row = self.row("owner_accepted")
                self.assertEqual(row.state, "missing")
                self.assertIn(sentence, row.evidence)
                with self.assertRaises(UserError):
                    self.deployment.with_user(self.owner).action_accept()
                savepoint.rollback()

    def group(self, name):
        return self.env.ref(f"ai_deployment.{name}")


@tagged("post_install", "-at_install")
class TestGrace(PeopleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.go_live()
        with clock.at(NOW):
            cls.deployment._score(cls.lead)

    def shown(self):
        self.env.flush_all()
        self.env.invalidate_all()
        lead = self.lead.with_user(self.seller)
        found = lead in lead.search([("ai_score", ">", 0)])
        self.assertEqual(bool(lead.ai_score), found)
        return found

    def test_an_archived_owner_is_told_at_once_and_starts_days_of_grace(self):
        self.owner.active = False
        alert = self.alert("health:owner")
        self.assertEqual((alert.state, alert.level, alert.activity_ids.user_id), ("firing", "alert", self.deputy))
        self.assertEqual(self.deployment.unowned_date, NOW.date())
        self.assertIn("Scores are shown until", self.deployment.grace_text)
        self.deployment._watch_health()
        self.assertEqual(len(self.alert("health:owner")), 1)
        for days, shown in ((0, True), (14, True), (15, False), (400, False)):
            with self.subTest(days=days), clock.at(NOW + days * DAY):
                self.assertEqual(self.shown(), shown)
                self.assertEqual(self.deployment._grace_over(), not shown)
        with clock.at(NOW + 20 * DAY):
            self.deployment.invalidate_recordset(["grace_text"])
            self.assertIn("have not been shown", self.deployment.grace_text)
            with self.assertRaises(AccessError):  # a deputy stands in, and hands nothing over
                self.deployment.with_user(self.deputy).user_id = self.other_owner
            self.deployment.with_user(self.manager).user_id = self.other_owner
            self.assertTrue(self.shown())
            self.deployment._watch_health()
            self.assertEqual(alert.state, "resolved")
            self.assertFalse(self.deployment.grace_text)

    def test_losing_the_role_or_the_access_counts_from_when_it_is_noticed(self):
        role = self.env.ref("ai_deployment.group_owner")
        role.user_ids -= self.owner  # another way round: the job notices
        with clock.at(NOW + 2 * DAY):
            self.deployment._watch_health()
            self.assertEqual(self.deployment.unowned_date, NOW.date() + 2 * DAY)
            self.assertIn("does not have the role", self.alert("health:owner").name)
            self.owner.group_ids += role
            self.assertFalse(self.deployment.unowned_date)
            self.assertEqual(self.alert("health:owner").state, "resolved")
        self.owner.group_ids -= self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.assertIn("may not read leads", self.alert("health:owner").name)

    def test_a_missed_review_starts_days_of_grace_and_a_decision_ends_them(self):
        day = self.deployment.review_date
        late = NOW + (day - NOW.date()) + DAY
        with clock.at(late):
            self.deployment._watch_health()
            alert = self.alert("health:review")
            self.assertEqual((alert.level, alert.activity_ids.user_id), ("alert", self.owner))
            self.assertIn("The periodic review was due", self.deployment.grace_text)
            self.assertTrue(self.shown())
        with clock.at(late + 13 * DAY):
            self.assertTrue(self.shown())
        with clock.at(late + 14 * DAY):
            self.assertFalse(self.shown())
            self.deployment.approver_id = self.reviewer
            Approval(self.deployment.with_user(self.reviewer)).sign("go", "It still does.", clock.today() + 30 * DAY)
            self.assertTrue(self.shown())
            self.deployment._watch_health()
            self.assertEqual(alert.state, "resolved")

    def test_the_days_of_grace_are_an_administrators(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).grace_days = 60
        self.deployment.with_user(self.manager).grace_days = 0
        self.owner.active = False
        with clock.at(NOW + DAY):
            self.assertFalse(self.shown())


@tagged("post_install", "-at_install")
class TestHandOver(PeopleCase):
    def hand_over(self, person=None, **values):
        wizard = (
            self.env["ai.deployment.hand.over"]
            .with_user(person or self.owner)
            .create(
                {"deployment_id": self.deployment.id, "user_id": self.other_owner.id, "note": "Ask Anna.", **values}
            )
        )
        return wizard.action_hand_over()

    def test_what_is_open_goes_along_and_the_new_owner_has_yet_to_accept(self):
        self.deployment.with_user(self.owner).action_accept()
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something broke")
        alert.with_user(self.owner).action_acknowledge()
        self.deployment.activity_schedule(
            "ai_deployment.mail_activity_type_retrain", user_id=self.owner.id, summary="Retrain"
        )
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead)
        review = self.reviews_of(lead)
        review._assign()
        ReviewActivities(self.env).update()
        self.assertEqual(review.reviewer_id, self.owner)
        self.hand_over(deputy_id=self.deputy.id, approver_id=self.reviewer.id)
        self.assertEqual(self.deployment.user_id, self.other_owner)
        self.assertEqual(self.deployment.approver_id, self.reviewer)
        self.assertFalse(self.deployment.has_accepted)
        self.assertEqual(self.deployment.activity_ids.user_id, self.other_owner)
        self.assertEqual(len(self.deployment.activity_ids), 2, "training again, and the next review")
        self.assertEqual((alert.state, alert.activity_ids.user_id), ("firing", self.other_owner))
        review._assign()
        self.assertEqual(review.reviewer_id, self.other_owner)
        self.assertNotIn(self.owner, review.activity_ids.user_id)
        self.assertIn("Ask Anna.", self.deployment.message_ids[0].body)

    def open_review(self, **values):
        """An open review of one lead that the owner is asked as the owner, with its pointer."""
        lead = self.make_leads(**values)
        self.deployment.min_confidence = 1.0
        self.deployment._score(lead)
        review = self.reviews_of(lead)
        review._assign()
        ReviewActivities(self.env).update()
        self.assertEqual(review.reviewer_id, self.owner)
        return review

    def test_the_open_reviews_of_a_former_owner_who_becomes_deputy_go_to_the_new_owner(self):
        review = self.open_review()
        self.hand_over(deputy_id=self.owner.id, approver_id=self.reviewer.id)
        self.assertEqual((self.deployment.user_id, self.deployment.deputy_id), (self.other_owner, self.owner))
        self.assertEqual((review.reviewer_id, review.is_assigned), (self.other_owner, True))
        self.assertNotIn(self.owner, review.activity_ids.user_id)
        ReviewActivities(self.env).update()
        self.assertEqual(review.activity_ids.user_id, self.other_owner)

    def test_a_review_that_the_new_owner_must_not_answer_is_assigned_to_somebody_else_later(self):
        review = self.open_review()
        lead = self.env["crm.lead"].browse(review.res_id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_uid = %s WHERE id = %s", [self.other_owner.id, lead.id])
        lead.invalidate_recordset()
        self.hand_over(deputy_id=self.owner.id, approver_id=self.reviewer.id)
        self.assertEqual((review.reviewer_id.id, review.is_assigned), (False, False))
        review._assign()
        self.assertEqual(review.reviewer_id, self.owner, "as the deputy: who made the lead does not judge it")

    def test_a_former_owner_who_is_a_reviewer_keeps_the_reviews(self):
        review = self.open_review()
        self.deployment.reviewer_ids = self.owner
        self.hand_over(deputy_id=self.owner.id, approver_id=self.reviewer.id)
        self.assertEqual(review.reviewer_id, self.owner)

    def test_who_may_not_decide_hands_nothing_over(self):
        for person in (self.other_owner, self.reviewer):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                Ownership(self.deployment.with_user(person)).hand_over(person, self.deputy, self.manager, "Mine now.")
        with self.assertRaisesRegex(UserError, "what the new owner needs to know"), self.env.cr.savepoint():
            Ownership(self.deployment.with_user(self.owner)).hand_over(
                self.other_owner, self.deputy, self.reviewer, " "
            )
        with self.assertRaises(ValidationError):
            self.hand_over(user_id=self.seller.id)
