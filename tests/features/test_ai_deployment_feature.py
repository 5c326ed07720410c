"""Declared inputs: how they are named and kept, which are refused."""

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFeature(AiDeploymentCase):
    def declare(self, **values):
        return self.env["ai.deployment.feature"].create({"deployment_id": self.deployment.id, **values})

    def test_a_field_is_called_as_people_call_it(self):
        for path, name, kind, key in (
            ("campaign_id", "Campaign", "category", "campaign_id"),
            ("color", "Color Index", "number", "color"),
            ("email_from", "Email", "category", "email_from"),
            ("create_date", "Created on", "number", "create_date"),
            ("type", "Type", "category", "type"),
            ("campaign_id.user_id", "Responsible", "category", "campaign_id.user_id"),
        ):
            with self.subTest(path=path):
                feature = self.declare(path=path)
                self.assertEqual((feature.name, feature.kind, feature.key), (name, kind, key))

    def test_a_person_may_name_it_and_choose_its_kind(self):
        feature = self.declare(path="color", name="Mood", kind="category")
        self.assertEqual((feature.name, feature.kind), ("Mood", "category"))

    def test_days_between_two_dates(self):
        feature = self.declare(source="age", start_path="create_date", end_path="date_deadline")
        self.assertEqual((feature.kind, feature.key), ("number", "days:create_date:date_deadline"))

    def test_a_history(self):
        feature = self.declare(
            source="history",
            measure="ratio",
            group_paths="campaign_id, medium_id",
            value_path="expected_revenue",
            window_days=90,
        )
        self.assertEqual(feature.key, "ratio:campaign_id+medium_id:expected_revenue:90")
        self.assertEqual((feature.kind, feature.name), ("number", "Ratio to the usual amount"))
        self.assertEqual(feature._to_spec()["group_paths"], ["campaign_id", "medium_id"])
        whole = self.declare(source="history", measure="count", group_paths="campaign_id")
        self.assertEqual(whole.key, "count:campaign_id")

    def test_how_round_a_number_is(self):
        feature = self.declare(source="zeros", path="recurring_revenue")
        self.assertEqual((feature.kind, feature.key), ("number", "zeros:recurring_revenue"))
        self.assertEqual(feature.name, "Trailing zeros: Recurring Revenues")
        for path in ("name", "create_date", "campaign_id", False):
            with self.subTest(path=path), self.assertRaises(ValidationError), self.cr.savepoint():
                self.declare(source="zeros", path=path, name="x")

    def test_a_slip_needs_the_amount_to_compare(self):
        values = {"source": "history", "group_paths": "campaign_id"}
        for measure in ("swapped", "shifted"):
            with self.subTest(measure=measure), self.assertRaises(ValidationError), self.cr.savepoint():
                self.declare(measure=measure, **values)
            feature = self.declare(measure=measure, value_path="expected_revenue", **values)
            self.assertEqual(feature.key, f"{measure}:campaign_id:expected_revenue")

    def test_two_inputs_may_be_a_warning_together(self):
        one, two = self.declare(path="color"), self.declare(path="probability", leak_override="Known.")
        one.write({"together_id": two.id, "stands_alone": False})
        self.assertEqual((one._to_spec()["together"], one._to_spec()["stands_alone"]), ("probability", False))
        self.assertEqual((two._to_spec()["together"], two._to_spec()["stands_alone"]), ("", True))
        elsewhere = self.make_deployment(is_primary=False).feature_ids[0]
        for other in (one, elsewhere):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                one.together_id = other

    def test_what_a_card_works_out_is_declared_like_an_input(self):
        feature = self.declare(path="color")
        self.assertEqual(set(feature._card_spec("k", "K")), set(feature._to_spec()))

    def test_what_leads_nowhere_is_refused(self):
        for values in (
            {"path": "no_such_field"},
            {"path": "campaign_id.no_such_field"},
            {"path": "name.length"},
            {"path": "campaign_id."},
            {"path": "."},
            {"source": "age", "start_path": "create_date", "end_path": "nowhere"},
            {"source": "history", "measure": "count", "group_paths": "campaign_id,nowhere"},
            {"source": "history", "measure": "ratio", "group_paths": "campaign_id", "value_path": "nowhere"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "there is no field"),
                self.env.cr.savepoint(),
            ):
                self.declare(name="X", **values)

    def test_what_says_too_little_is_refused(self):
        for values, sentence in (
            ({"path": ""}, "has no field"),
            ({"source": "history", "measure": "count"}, "has no field"),
            ({"source": "age", "start_path": "create_date"}, "needs two dates"),
            ({"source": "history", "group_paths": "campaign_id"}, "needs a measure"),
            ({"source": "history", "measure": "ratio", "group_paths": "campaign_id"}, "needs an amount"),
            ({"source": "history", "measure": "ratio", "value_path": "expected_revenue"}, "needs a measure"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, sentence),
                self.env.cr.savepoint(),
            ):
                self.declare(name="X", **values)

    @mute_logger("odoo.sql_db")
    def test_the_same_input_twice_is_refused(self):
        with self.assertRaises(UniqueViolation) as caught:
            self.declare(path="country_id", name="Country again")
        sentence = self.env["ai.deployment.feature"]._sql_error_to_message(caught.exception)
        self.assertEqual(sentence, "This input is already in the deployment.")

    # Known too late

    def test_what_is_known_too_late_is_refused(self):
        for values in (
            {"path": "probability"},
            {"path": "stage_id"},
            {"path": "stage_id.name"},
            {"path": "partner_id.country_id"},
            {"path": "lost_reason_id"},
            {"path": "active"},
            {"path": "won_status"},
            {"path": "day_close"},
            {"path": "write_date"},
            {"source": "age", "start_path": "create_date", "end_path": "date_closed"},
            {"source": "age", "start_path": "date_open", "end_path": "date_deadline"},
            {"source": "history", "measure": "count", "group_paths": "campaign_id,stage_id"},
            {"source": "history", "measure": "ratio", "group_paths": "medium_id", "value_path": "prorated_revenue"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "filled only when the outcome is known"),
                self.env.cr.savepoint(),
            ):
                self.declare(name="X", **values)
            with self.assertRaisesRegex(ValidationError, "only when the outcome is known"), self.env.cr.savepoint():
                self.declare(name="X", leak_override="   ", **values)

    def test_a_path_that_is_changed_is_looked_at_again(self):
        feature = self.declare(path="campaign_id")
        with self.assertRaisesRegex(ValidationError, "filled only when the outcome is known"), self.env.cr.savepoint():
            feature.path = "stage_id"

    def test_somebody_may_say_in_writing_why_it_is_known_in_time(self):
        reason = "The customer is known from the start: we only sell to existing ones."
        feature = self.declare(path="partner_id.country_id", leak_override=reason)
        self.assertTrue(feature)
        with self.assertRaisesRegex(ValidationError, "filled only when the outcome is known"), self.env.cr.savepoint():
            feature.leak_override = False

    # Access and use

    def test_what_the_owner_may_not_read_is_no_input_of_his(self):
        features = self.env["ai.deployment.feature"].with_user(self.owner)
        values = {"deployment_id": self.deployment.id, "name": "X", "path": "user_id.partner_id.credit_limit"}
        with self.assertRaises(UserError), self.env.cr.savepoint():
            features.create(values)
        self.owner.group_ids += self.env.ref("account.group_account_readonly")
        self.assertTrue(features.create(values))

    def test_the_declaration_as_a_version_keeps_it(self):
        feature = self.deployment.feature_ids[0]
        feature.write({"required": True, "sensitive": True})
        field_id = self.env["ir.model.fields"]._get("crm.lead", "expected_revenue").id
        read = {"type": "monetary", "model": "", "keys": [], "field_ids": [field_id], "levels": []}
        self.assertEqual(
            feature._to_spec(),
            {
                "key": "expected_revenue",
                "name": "Expected Revenue",
                "is_named": False,
                "kind": "number",
                "source": "path",
                "path": "expected_revenue",
                "start_path": "",
                "end_path": "",
                "measure": "",
                "group_paths": [],
                "value_path": "",
                "window_days": 0,
                "required": True,
                "sensitive": True,
                "tail": "high",
                "weight": 1.0,
                "direction": "free",
                "stands_alone": True,
                "together": "",
                "fields": {"expected_revenue": read},
            },
        )

    def test_who_owns_a_deployment_does_not_uncover_what_is_sensitive(self):
        feature = self.deployment.feature_ids[1].with_user(self.owner)
        feature.sensitive = True
        for change in ({"path": "city"}, {"key": "zz"}, {"sensitive": False}, {"source": "age"}):
            with self.subTest(change=change), self.assertRaises(AccessError), self.env.cr.savepoint():
                feature.write(change)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            feature.unlink()
        feature.with_user(self.manager).unlink()

    def test_what_training_found_is_not_written_by_hand(self):
        feature = self.deployment.feature_ids[1].with_user(self.owner)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            feature.leak_verdict = "fine"
        values = {"deployment_id": self.deployment.id, "path": "city"}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            feature.create({**values, "leak_verdict": "fine"})
        made = feature.with_context(default_leak_verdict="fine").create(values)
        self.assertFalse(made.leak_verdict)

    def test_a_change_of_an_input_does_not_change_what_serves(self):
        lead = self.make_leads(expected_revenue=20000)
        self.deployment._score(lead)
        before = self.score_of(lead).predicted_value
        self.deployment.feature_ids.filtered(lambda f: f.path == "expected_revenue").path = "color"
        self.deployment._score(lead, again=True)
        self.assertEqual(self.score_of(lead).predicted_value, before)
