"""What is registered of a deployment, and which of it only an administrator changes."""

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestDeployment(AiDeploymentCase):
    # What only an administrator sets

    def test_an_owner_grants_nobody_the_sight_of_scores(self):
        deployment = self.deployment.with_user(self.owner)
        other = self.env.ref("base.group_user")
        for command in (
            Command.link(other.id),
            Command.set([other.id]),
            Command.clear(),
            Command.unlink(self.viewer_group.id),
            Command.create({"name": "Friends"}),
        ):
            with (
                self.subTest(command=command),
                self.assertRaisesRegex(AccessError, "Visible to Groups"),
                self.env.cr.savepoint(),
            ):
                deployment.write({"viewer_group_ids": [command]})
        self.assertEqual(self.deployment.viewer_group_ids, self.viewer_group)

    def test_an_owner_does_not_choose_which_deployment_speaks(self):
        with self.assertRaisesRegex(AccessError, "Only an administrator"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).is_primary = False
        self.deployment.is_primary = False
        with self.assertRaisesRegex(AccessError, "Only an administrator"), self.env.cr.savepoint():
            self.deployment.with_user(self.deputy).is_primary = True

    def test_an_owner_does_not_move_a_deployment_to_another_company(self):
        company = self.env["res.company"].create({"name": "Next door"})
        self.owner.company_ids += company
        with self.assertRaisesRegex(AccessError, "Only an administrator"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).company_id = company

    def test_an_administrator_sets_them(self):
        group = self.env.ref("base.group_user")
        self.deployment.with_user(self.manager).write({"viewer_group_ids": [Command.set(group.ids)]})
        self.deployment.with_user(self.manager).is_primary = False
        self.assertEqual(self.deployment.viewer_group_ids, group)
        self.assertFalse(self.deployment.is_primary)

    def test_writing_what_is_there_already_is_no_change(self):
        self.deployment.with_user(self.owner).write(
            {"is_primary": True, "company_id": self.env.company.id, "name": "Renamed"}
        )
        self.assertEqual(self.deployment.name, "Renamed")

    def owners_values(self, **values):
        return {
            "name": "Mine",
            "purpose": "To see whether it works.",
            "model_id": self.lead_model.id,
            **values,
        }

    def test_an_owner_creates_a_deployment_of_his_own(self):
        deployments = self.env["ai.deployment"].with_user(self.owner)
        defaults = deployments.default_get(["is_primary", "company_id", "viewer_group_ids", "user_id", "review_date"])
        deployment = deployments.create(self.owners_values(**{**defaults, "viewer_group_ids": []}))
        self.assertEqual(deployment.user_id, self.owner)
        self.assertTrue(deployment.is_primary)
        self.assertFalse(deployment.viewer_group_ids)

    def test_an_owner_creates_a_deployment_through_the_form(self):
        with Form(self.env["ai.deployment"].with_user(self.owner)) as form:
            form.name = "Mine"
            form.purpose = "To see whether it works."
            form.model_id = self.lead_model
            with form.feature_ids.new() as feature:
                feature.path = "expected_revenue"
        deployment = form.record
        self.assertEqual(deployment.user_id, self.owner)
        self.assertEqual(deployment.feature_ids.mapped("name"), ["Expected Revenue"])

    def test_an_owner_creates_none_that_others_may_see(self):
        deployments = self.env["ai.deployment"].with_user(self.owner)
        with self.assertRaisesRegex(AccessError, "Visible to Groups"), self.env.cr.savepoint():
            deployments.create(self.owners_values(viewer_group_ids=[Command.set(self.viewer_group.ids)]))
        company = self.env["res.company"].create({"name": "Next door"})
        self.owner.company_ids += company
        with self.assertRaisesRegex(AccessError, "Only an administrator"), self.env.cr.savepoint():
            deployments.create(self.owners_values(company_id=company.id))

    def test_an_owner_creates_none_in_the_name_of_somebody_else(self):
        with self.assertRaises(AccessError):
            self.env["ai.deployment"].with_user(self.owner).create(self.owners_values(user_id=self.other_owner.id))

    def test_a_reviewer_creates_none(self):
        with self.assertRaises(AccessError):
            self.env["ai.deployment"].with_user(self.reviewer).create(self.owners_values())

    def test_a_copy_made_by_the_owner_shows_its_scores_to_nobody(self):
        copy = self.deployment.with_user(self.owner).copy()
        self.assertFalse(copy.viewer_group_ids)
        self.assertEqual(copy.state, "poc")
        self.assertFalse(copy.version_ids)
        self.assertEqual(copy.feature_ids.mapped("key"), self.deployment.feature_ids.mapped("key"))

    def test_a_copy_asked_for_with_viewers_is_refused(self):
        for groups in (self.viewer_group, self.env.ref("base.group_user")):
            with self.assertRaisesRegex(AccessError, "Visible to Groups"), self.env.cr.savepoint():
                self.deployment.with_user(self.owner).copy({"viewer_group_ids": [Command.set(groups.ids)]})

    def test_only_administrators_are_shown_as_such(self):
        self.assertTrue(self.deployment.with_user(self.manager).is_administrator)
        self.assertFalse(self.deployment.with_user(self.owner).is_administrator)

    # What is registered

    def test_a_deployment_needs_people_who_can_answer_for_it(self):
        left = self.other_seller
        left.active = False
        portal = self.env.ref("base.public_user")
        for field, person in (
            ("user_id", left),
            ("user_id", portal),
            ("user_id", self.env.ref("base.user_root")),
            ("deputy_id", left),
        ):
            with self.subTest(field=field, person=person.login):
                with self.assertRaisesRegex(ValidationError, "only active internal users can"), self.env.cr.savepoint():
                    self.deployment[field] = person

    def test_only_documents_that_can_be_scored(self):
        self.assertEqual(set(self.env["ai.deployment"]._target_models()), {"crm.lead", "account.move"})
        for model in ("res.partner", "ai.deployment", "ai.deployment.scorable.mixin"):
            with (
                self.subTest(model=model),
                self.assertRaisesRegex(ValidationError, "cannot be scored"),
                self.env.cr.savepoint(),
            ):
                self.make_deployment(model_id=self.env["ir.model"]._get(model).id, features=[])

    def test_bills_have_no_outcome_to_predict(self):
        bills = self.env["ir.model"]._get("account.move")
        with self.assertRaisesRegex(ValidationError, "no outcome to predict"), self.env.cr.savepoint():
            self.make_deployment(model_id=bills.id, features=[])
        self.assertTrue(self.make_deployment(model_id=bills.id, method="anomaly", features=[]))

    def test_a_filter_that_cannot_be_used_is_refused(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "not a list",
            "[('name', '=', unknown)]",
            "[('name',)]",
            "__import__('os')",
            "[('expected_revenue', 'between', 3)]",
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(ValidationError, "not a valid filter"),
                self.env.cr.savepoint(),
            ):
                self.deployment.domain = domain
        for domain in ("[('expected_revenue', '>', 3)]", "[]", "", False):
            self.deployment.domain = domain

    @mute_logger("odoo.sql_db")
    def test_numbers_out_of_range_are_refused(self):
        for field, value in (
            ("min_confidence", 1.1),
            ("min_confidence", -0.1),
            ("flag_rate", 0.0),
            ("flag_rate", 0.6),
            ("audit_share", 1.5),
            ("audit_share", -0.1),
            ("horizon_days", 0),
            ("retention_days", 0),
        ):
            with self.subTest(field=field, value=value), self.assertRaises(CheckViolation):
                self.deployment[field] = value
                self.env.flush_all()

    def test_what_a_version_was_trained_for_stays(self):
        for values in (
            {"model_id": self.env["ir.model"]._get("account.move").id, "method": "anomaly"},
            {"method": "anomaly"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, "Create a new deployment"),
                self.env.cr.savepoint(),
            ):
                self.deployment.write(values)
        self.deployment.write({"model_id": self.lead_model.id, "method": "scorecard"})

    def test_what_serves_cannot_be_said_at_creation(self):
        self.assertFalse(self.make_deployment(champion_id=self.version.id).champion_id)

    def test_a_deployment_without_a_log_can_be_deleted_by_an_administrator(self):
        decided = self.make_deployment()
        with self.assertRaisesRegex(UserError, "has a history"):
            decided.with_user(self.manager).unlink()
        deployment = self.env["ai.deployment"].create(
            {"name": "New", "purpose": "A test.", "user_id": self.owner.id, "model_id": self.lead_model.id}
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            deployment.with_user(self.owner).unlink()
        deployment.with_user(self.manager).unlink()
        self.assertFalse(deployment.exists())

    def test_counters(self):
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(3))
        self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something")
        self.assertEqual(
            (self.deployment.score_count, self.deployment.open_review_count, self.deployment.open_alert_count),
            (3, 3, 1),
        )

    def test_the_buttons_open_lines_of_this_deployment_only(self):
        for name in ("scores", "inferences", "reviews", "alerts", "reports"):
            action = getattr(self.deployment, f"action_view_{name}")()
            left_out = [("state", "!=", "gone")] if name == "scores" else []  # of records that were deleted
            self.assertEqual(action["domain"], [("deployment_id", "=", self.deployment.id), *left_out])
            self.env[action["res_model"]].search(action["domain"])

    def test_an_unread_alert_goes_on_after_three_days_unless_told_otherwise(self):
        self.assertEqual(self.make_deployment(is_primary=False).escalation_days, 3)

    def test_it_goes_on_after_1_to_90_days(self):
        for days in (1, 90):
            self.deployment.with_user(self.owner).escalation_days = days
            self.env.flush_all()
        for days in (0, 91, -1):
            with (
                self.subTest(days=days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.deployment.with_user(self.owner).escalation_days = days
                self.env.flush_all()
            self.assertEqual(self.deployment.escalation_days, 90)

    def test_the_owners_activity_is_added_where_it_is_missing(self):
        other = self.make_deployment(name="Another", is_primary=False)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_channel WHERE deployment_id = %s", [other.id])
        self.env.invalidate_all()
        for _again in range(2):
            (self.deployment | other)._add_activity_channels()
            for deployment in self.deployment | other:
                self.assertEqual(deployment.channel_ids.mapped("kind"), ["activity"])
