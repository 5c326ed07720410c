"""Who answers for a deployment, what follows when nobody does, and what people sign, plan and pay for."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.review.activities import ReviewActivities
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

DAY = timedelta(days=1)


class PeopleCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.review_date = NOW.date() + 90 * DAY
        cls.deployment.reviewer_ids = False

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def row(self, code):
        row = self.deployment.check_ids.filtered(lambda check: check.code == code)
        row.waived_until = False
        row._refresh()
        return row

    def alert(self, cause, deployment=None):
        return self.env["ai.deployment.alert"].search(
            [("cause", "=", cause), ("deployment_id", "=", (deployment or self.deployment).id)]
        )

    def review_activity(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_deployment_review")
        return self.deployment.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)


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
            self.user("ai_no_role", "sales_team.group_sale_salesman", email="r@example.com"): "has not the role",
            self.user("ai_no_leads", "ai_deployment.group_owner", email="l@example.com"): "may not read leads",
        }
        self.env.company.partner_id.email = "Info@Company.example"
        people[self.user("ai_office", email="info@company.example")] = "the company's own"
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
                "has not the role",
            ),
            (lambda: self.owner.write({"active": False}), "is not active any more"),
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
        self.assertIn("Scores stay until", self.deployment.grace_text)
        self.deployment._watch_health()
        self.assertEqual(len(self.alert("health:owner")), 1)
        for days, shown in ((0, True), (14, True), (15, False), (400, False)):
            with self.subTest(days=days), clock.at(NOW + days * DAY):
                self.assertEqual(self.shown(), shown)
                self.assertEqual(self.deployment._grace_over(), not shown)
        with clock.at(NOW + 20 * DAY):
            self.deployment.invalidate_recordset(["grace_text"])
            self.assertIn("not shown any more", self.deployment.grace_text)
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
            self.assertIn("has not the role", self.alert("health:owner").name)
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
            self.assertIn("The review was due", self.deployment.grace_text)
            self.assertTrue(self.shown())
        with clock.at(late + 13 * DAY):
            self.assertTrue(self.shown())
        with clock.at(late + 14 * DAY):
            self.assertFalse(self.shown())
            self.deployment.decider_id = self.reviewer
            self.deployment.with_user(self.reviewer)._decide("go", "It still does.", clock.today() + 30 * DAY)
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
            "ai_deployment.mail_activity_type_retrain", user_id=self.owner.id, summary="Train again"
        )
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead)
        review = self.reviews_of(lead)
        review._assign()
        ReviewActivities(self.env).update()
        self.assertEqual(review.reviewer_id, self.owner)
        self.hand_over(deputy_id=self.deputy.id, decider_id=self.reviewer.id)
        self.assertEqual(self.deployment.user_id, self.other_owner)
        self.assertEqual(self.deployment.decider_id, self.reviewer)
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
        self.hand_over(deputy_id=self.owner.id, decider_id=self.reviewer.id)
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
        self.hand_over(deputy_id=self.owner.id, decider_id=self.reviewer.id)
        self.assertEqual((review.reviewer_id.id, review.is_assigned), (False, False))
        review._assign()
        self.assertEqual(review.reviewer_id, self.owner, "as the deputy: who made the lead does not judge it")

    def test_a_former_owner_who_is_a_reviewer_keeps_the_reviews(self):
        review = self.open_review()
        self.deployment.reviewer_ids = self.owner
        self.hand_over(deputy_id=self.owner.id, decider_id=self.reviewer.id)
        self.assertEqual(review.reviewer_id, self.owner)

    def test_who_may_not_decide_hands_nothing_over(self):
        for person in (self.other_owner, self.reviewer):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person)._hand_over(person, self.deputy, self.manager, "Mine now.")
        with self.assertRaisesRegex(UserError, "what they have to know"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner)._hand_over(self.other_owner, self.deputy, self.reviewer, " ")
        with self.assertRaises(ValidationError):
            self.hand_over(user_id=self.seller.id)


@tagged("post_install", "-at_install")
class TestProof(PeopleCase):
    def setUp(self):
        super().setUp()
        self.proof = (
            self.env["ai.deployment"]
            .with_user(self.other_owner)
            .create(
                {
                    "name": "Late payers",
                    "purpose": "Warns sellers of customers that pay late.",
                    "model_id": self.lead_model.id,
                    "budget_holder_id": self.reviewer.id,
                    "feature_ids": [Command.create({"path": "expected_revenue"})],
                }
            )
        )

    def test_without_an_owner_who_accepted_it_is_a_reason_not_to_build_it(self):
        self.assertEqual(self.proof.expiry_date, NOW.date() + 90 * DAY)
        self.assertIn("this is a reason not to build it", self.proof.proof_text)
        self.proof._watch_daily()
        self.assertFalse(self.alert("proof", self.proof), "a new one has some days")
        with clock.at(NOW + 8 * DAY):
            self.proof._watch_daily()
            alert = self.alert("proof", self.proof)
            self.assertEqual(alert.state, "firing")
            self.assertEqual(alert.activity_ids.user_id, self.other_owner + self.reviewer)
            self.assertTrue(alert.with_user(self.reviewer).has_access("read"))
            self.proof.action_accept()
            self.proof._watch_daily()
            self.assertEqual(alert.state, "resolved")
        self.assertFalse(self.proof.proof_text)

    def test_nobody_who_works_on_it_is_a_reason_too(self):
        self.proof.action_accept()
        for days, idle in ((27, False), (29, True)):
            with clock.at(NOW + days * DAY):
                self.env.cr.execute("UPDATE ai_deployment_feature SET write_date = %s", [NOW])
                self.env.invalidate_all()
                self.assertEqual("Nobody has worked on it" in (self.proof.proof_text or ""), idle)
                self.proof.sudo()._watch_daily()
                self.assertEqual(bool(self.alert("proof", self.proof)), idle)

    def test_one_whose_time_is_over_does_not_go_on_until_somebody_says_why(self):
        self.serve(self.proof.sudo(), self.card(names=["expected_revenue"]))
        with clock.at(NOW + 91 * DAY):
            with self.assertRaisesRegex(UserError, "extends it with a reason first"), self.env.cr.savepoint():
                self.proof.state = "shadow"
            with self.assertRaisesRegex(UserError, "extended with a reason"), self.env.cr.savepoint():
                self.proof.expiry_date = NOW.date() + 120 * DAY
            for day, reason in ((clock.today(), "x"), (clock.today() + DAY, ""), (clock.today() + 400 * DAY, "x")):
                with self.subTest(day=day, reason=reason), self.assertRaises(UserError):
                    self.proof._extend(day, reason)
            self.env["ai.deployment.extend"].with_user(self.other_owner).create(
                {"deployment_id": self.proof.id, "until": clock.today() + 30 * DAY, "reason": "The data came late."}
            ).action_extend()
            step = self.proof.transition_ids[0]
            self.assertEqual((step.from_state, step.to_state, step.user_id), ("proof", "proof", self.other_owner))
            self.assertIn("The data came late.", step.reason)
            self.proof.state = "shadow"

    def test_a_day_that_is_no_day_to_end_on(self):
        values = {"name": "X", "purpose": "A test of days.", "model_id": self.lead_model.id}
        makers = self.env["ai.deployment"].with_user(self.other_owner)
        for days in (-1, 366):
            day = NOW.date() + days * DAY
            for maker, more in ((makers, {"expiry_date": day}), (makers.with_context(default_expiry_date=day), {})):
                with self.subTest(days=days), self.assertRaises(ValidationError):
                    maker.create({**values, **more})

    def test_what_was_learned_from_one_like_it_is_shown_before_anybody_trains(self):
        old = self.make_deployment(name="Late payers of leads", purpose="Warned of customers.", is_primary=False)
        old.lesson = False
        with self.assertRaisesRegex(UserError, "what was learned"), self.env.cr.savepoint():
            old.with_user(self.owner)._retire("  ")
        old.with_user(self.owner)._retire("Nobody looked at it.")
        self.assertEqual((old.state, old.lesson), ("retired", "Nobody looked at it."))
        mine = self.env["ai.deployment"].with_user(self.other_owner)
        self.assertFalse(old.with_user(self.other_owner).has_access("read"))
        self.proof.invalidate_recordset()
        self.assertIn("Nobody looked at it.", self.proof.lessons_html)
        words = mine.new({"name": "Payers who are late", "purpose": "Customers.", "model_id": self.lead_model.id})
        self.assertIn("Nobody looked at it.", words.lessons_html)
        for values in (
            {"name": "Something", "purpose": "Entirely different."},
            {"name": "Late payers", "purpose": "Customers.", "method": "anomaly"},
        ):
            other = mine.new({"model_id": self.lead_model.id, **values})
            self.assertFalse(other.lessons_html)


@tagged("post_install", "-at_install")
class TestSigned(PeopleCase):
    def setUp(self):
        super().setUp()
        self.deployment.limits = "It knows nothing of leads from trade fairs."
        self.signature = (
            self.env["ai.deployment.signature"]
            .with_user(self.owner)
            .create({"deployment_id": self.deployment.id, "role": "finance", "user_id": self.accountant.id})
        )

    def test_it_is_read_and_signed_in_person_by_somebody_with_no_other_part_in_it(self):
        mine = self.signature.with_user(self.accountant)
        self.assertFalse(self.deployment.with_user(self.accountant).has_access("read"))
        self.assertIn("Expected Revenue", mine.text_html)
        self.assertIn("trade fairs", mine.text_html)
        self.assertEqual(mine.activity_ids.user_id, self.accountant)
        self.assertIn("has not signed it yet", self.row("explained").evidence)
        for person in (self.owner, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.signature.with_user(person).action_sign()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.signature.with_user(person).write({"signed_date": NOW, "digest": "x"})
        mine.action_sign()
        self.assertEqual((mine.state, self.row("explained").state), ("signed", "met"))
        self.assertFalse(mine.activity_ids)

    def test_a_word_or_an_input_that_changes_ends_it(self):
        for change in (
            lambda: self.deployment.write({"purpose": "Tells sellers which leads are not worth a call."}),
            lambda: self.deployment.write({"limits": "It knows nothing at all of anything."}),
            lambda: self.deployment.feature_ids[0].write({"sensitive": True}),
            lambda: self.deployment.feature_ids[1].unlink(),
            lambda: self.signature.write({"role": "legal"}),
        ):
            self.signature.with_user(self.accountant).action_sign()
            self.assertEqual(self.row("explained").state, "met")
            change()
            self.env.invalidate_all()
            self.assertEqual(self.row("explained").state, "missing")
            self.assertIn(self.signature.state, ("changed", "open"))

    def test_who_answers_for_it_and_who_is_no_person_does_not_sign(self):
        for person in (self.owner, self.deputy, self.env.ref("base.user_root")):
            with self.subTest(person=person.login), self.assertRaises(ValidationError):
                self.signature.with_user(self.owner).user_id = person
        self.signature.with_user(self.accountant).action_sign()
        self.deployment.sudo().user_id = self.other_owner
        self.assertEqual(self.row("explained").state, "met")
        self.accountant.active = False
        self.assertEqual(self.row("explained").state, "missing")

    def test_an_empty_text_is_not_signed(self):
        self.deployment.limits = "None."
        with self.assertRaisesRegex(UserError, "what it cannot do"), self.env.cr.savepoint():
            self.signature.with_user(self.accountant).action_sign()


@tagged("post_install", "-at_install")
class TestAgenda(PeopleCase):
    def test_the_next_review_stands_in_the_owners_activities_and_keeps_in_step(self):
        activity = self.review_activity()
        self.assertEqual((activity.user_id, activity.date_deadline), (self.owner, self.deployment.review_date))
        self.deployment.review_date = NOW.date() + 50 * DAY
        self.assertEqual(activity.date_deadline, NOW.date() + 50 * DAY)
        self.deployment.user_id = self.other_owner
        self.assertEqual(activity.user_id, self.other_owner)
        self.other_owner.active = False
        self.assertEqual(self.review_activity().user_id, self.deputy)
        self.assertEqual(self.deployment._review_activity(), self.review_activity())
        self.deployment.state = "suspended"
        self.assertEqual(len(self.review_activity()), 1)
        self.deployment._move("retired", "The end")
        self.assertFalse(self.review_activity())

    def test_training_again_is_paid_for_with_a_real_day_in_the_owners_calendar(self):
        self.assertIn("how many hours", self.row("budget").evidence)
        for hours, start in ((0, NOW + DAY), (-1, NOW + DAY), (4, NOW), (4, NOW - DAY), (4, False)):
            with self.subTest(hours=hours, start=start), self.assertRaises(UserError):
                self.deployment.with_user(self.owner)._plan_training(hours, 0, start)
        self.env["ai.deployment.budget"].with_user(self.owner).create(
            {"deployment_id": self.deployment.id, "hours": 8, "cost": 50, "start": NOW + 60 * DAY}
        ).action_plan()
        event = self.deployment.retrain_event_id
        self.assertEqual((event.start, event.partner_ids), (NOW + 60 * DAY, self.owner.partner_id))
        self.assertEqual(self.row("budget").state, "met")
        with clock.at(NOW + 61 * DAY):
            self.assertIn("is over", self.row("budget").evidence)
        event.partner_ids = self.deputy.partner_id
        self.assertIn("does not take part", self.row("budget").evidence)
        event.partner_ids = self.owner.partner_id
        event.unlink()
        self.assertIn("No day in the calendar", self.row("budget").evidence)
