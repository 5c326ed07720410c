import datetime
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase


@tagged("post_install", "-at_install")
class TestAiDeploymentOnboarding(StartCase):
    def test_suggested_inputs_are_named_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        field = self.env["ir.model.fields"]._get("crm.lead", "source_id")
        field.with_context(lang="de_DE").field_description = "Quelle"
        onboarding = self.created()
        names = {line.declaration.get("path"): line.name for line in onboarding.with_context(lang="de_DE").line_ids}
        self.assertEqual(names["source_id"], "Quelle")
        self.assertFalse(any(onboarding.deployment_id.sudo().feature_ids.mapped("own_name")))

    def test_from_a_template_to_scores_of_the_open_leads(self):
        onboarding = self.created()
        deployment = onboarding.deployment_id
        self.assertEqual(deployment.user_id, self.owner)
        self.assertEqual(deployment.sudo().viewer_group_ids, self.env.ref("sales_team.group_sale_salesman"))
        self.assertEqual((deployment.horizon_days, deployment.score_on_change), (60, True))
        self.assertIn("expected_revenue", deployment.feature_ids.mapped("key"))
        self.assertEqual(deployment.sudo().channel_ids.filtered(lambda one: one.kind == "email").frequency, "weekly")
        self.assertEqual((onboarding.stage, onboarding.training_state, onboarding.is_busy), ("train", "waiting", True))

        self.work()
        onboarding.invalidate_recordset()
        self.assertEqual((onboarding.training_state, onboarding.has_version), ("done", True))
        self.assertEqual(onboarding.replay_state, "waiting")

        with clock.at(NOW):
            action = onboarding.action_start_shadow()
        self.assertEqual(deployment.state, "shadow")
        self.assertEqual(action["res_model"], "ai.deployment.score")
        scored = self.env["ai.deployment.score"].search([("deployment_id", "=", deployment.id)])
        self.assertEqual(set(scored.mapped("res_id")), set(self.open_leads.ids))
        self.assertFalse(onboarding.is_open)

    def test_inputs_are_ticked_up_to_the_number_of_the_template_and_hide_technical_fields(self):
        self.template.input_count = 2
        onboarding = self.begin()
        onboarding.action_to_inputs()
        self.assertEqual(len(onboarding.line_ids.filtered("is_chosen")), 2)
        keys = [line.declaration["path"] for line in onboarding.line_ids]
        self.assertIn("expected_revenue", keys)
        self.assertFalse({"create_uid", "message_ids", "ai_score", "active", "probability"} & set(keys))
        revenue = onboarding.line_ids.filtered(lambda line: line.declaration["path"] == "expected_revenue")
        self.assertEqual((revenue.fill_share, bool(revenue.example)), (1.0, True))

    def test_it_is_taken_up_where_it_was_left(self):
        onboarding = self.begin()
        onboarding.action_to_inputs()
        onboarding.line_ids[0].is_chosen = not onboarding.line_ids[0].is_chosen
        ticked = onboarding.line_ids.mapped("is_chosen")
        again = self.begin()
        self.assertEqual((again, again.stage, again.line_ids.mapped("is_chosen")), (onboarding, "inputs", ticked))
        again.action_back()
        again.action_to_inputs()
        self.assertEqual(again.line_ids.mapped("is_chosen"), ticked, "what was ticked is kept")
        self.assertEqual(self.template.with_user(self.owner).onboarding_id, onboarding)

    def test_it_belongs_to_whoever_began_it(self):
        onboarding = self.begin()
        with self.assertRaises(AccessError):
            onboarding.with_user(self.other_owner).read(["name"])
        with self.assertRaises(AccessError):
            onboarding.with_user(self.manager).action_to_inputs()
        with self.assertRaises(AccessError):
            self.begin(self.reviewer)
        for forged in ({"stage": "train"}, {"user_id": self.other_owner.id}, {"deployment_id": self.deployment.id}):
            with self.subTest(forged=forged), self.assertRaises(AccessError):
                onboarding.write(forged)

    def test_only_an_administrator_sets_who_sees_scores(self):
        everybody = self.env.ref("base.group_user")
        onboarding = self.begin()
        with self.assertRaises(AccessError):
            onboarding.viewer_group_ids = everybody
        with self.assertRaises(AccessError):
            onboarding.write({"viewer_group_ids": [Command.link(everybody.id)]})
        self.manager.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        theirs = self.begin(self.manager)
        theirs.viewer_group_ids = everybody
        self.assertEqual(theirs.viewer_group_ids, everybody)

    def test_an_archived_owner_is_refused_with_a_sentence_and_nothing_is_made(self):
        onboarding = self.at_people()
        self.deputy.active = False
        onboarding.owner_id = self.deputy
        before = self.env["ai.deployment"].search_count([])
        with self.assertRaisesRegex(ValidationError, "no longer active"):
            with self.env.cr.savepoint():
                onboarding.action_create_deployment()
        self.assertEqual(self.env["ai.deployment"].search_count([]), before)
        self.assertEqual(onboarding.stage, "people")

    def test_somebody_elses_deployment_is_made_by_administrators(self):
        onboarding = self.at_people()
        onboarding.owner_id = self.other_owner
        with self.assertRaisesRegex(ValidationError, "only administrators"):
            onboarding.action_create_deployment()
        onboarding.deputy_id = self.owner
        with clock.at(NOW):
            onboarding.action_create_deployment()
        self.assertEqual(onboarding.deployment_id.user_id, self.other_owner)

    def test_no_input_no_deployment(self):
        onboarding = self.begin()
        onboarding.action_to_inputs()
        onboarding.line_ids.is_chosen = False
        with self.assertRaisesRegex(UserError, "at least one"):
            onboarding.action_to_people()
        with self.assertRaisesRegex(UserError, "at least one"):
            onboarding.action_create_deployment()

    def test_lines_cannot_be_forged(self):
        onboarding = self.begin()
        onboarding.action_to_inputs()
        with self.assertRaises(AccessError):
            onboarding.line_ids[0].declaration = {"path": "write_uid"}
        with self.assertRaises(AccessError):
            onboarding.line_ids.create({"onboarding_id": onboarding.id, "is_chosen": True})
        with self.assertRaises(AccessError):
            onboarding.write({"line_ids": [Command.create({"declaration": {"path": "write_uid"}})]})

    def test_a_finished_one_does_nothing_more(self):
        onboarding = self.begin()
        onboarding.action_finish()
        with self.assertRaisesRegex(UserError, "finished"):
            onboarding.action_to_inputs()
        self.assertNotEqual(self.begin(), onboarding)

    def test_what_was_created_is_changed_on_its_own_page(self):
        onboarding = self.created()
        for values in ({"owner_id": self.other_owner.id}, {"horizon_days": 3}, {"name": "x"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "exists already"):
                onboarding.write(values)
        with self.assertRaisesRegex(UserError, "exists already"):
            onboarding.action_back()

    def test_a_model_of_ones_own_is_imported_instead_of_trained(self):
        onboarding = self.begin(template=self.env.ref("ai_deployment.template_own_model"))
        with clock.at(NOW):
            onboarding.action_to_inputs()
            onboarding.action_to_people()
            onboarding.action_create_deployment()
        self.assertTrue(onboarding.deployment_id)
        self.assertFalse(onboarding.deployment_id.training_ids)
        self.assertFalse(onboarding.replay_id)


@tagged("post_install", "-at_install")
class TestFewRecords(StartCase):
    ROWS, OPEN = 10, 0

    def test_where_records_come_from_is_one_click_away(self):
        for name, model in (("leads", "crm.lead"), ("bills", "account.move")):
            with self.subTest(template=name):
                onboarding = self.begin(self.accountant_owner(), self.env.ref(f"ai_deployment.template_{name}"))
                with clock.at(NOW):
                    page = etree.fromstring(onboarding.get_view(view_type="form")["arch"])
                    [place] = page.xpath("//button[@name='action_open_records']/..")
                    values = onboarding.read(["is_enough", "missing_right_text"])[0]
                self.assertFalse(safe_eval(place.get("invisible"), values))
                action = onboarding.action_open_records()
                self.assertEqual((action["res_model"], action["views"][0][1]), (model, "list"))
                self.assertFalse([key for key in action["context"] if key.startswith("search_default_")])

    def accountant_owner(self):
        self.owner.group_ids += self.env.ref("account.group_account_invoice")
        return self.owner

    def test_a_document_without_a_list_of_its_own_has_a_plain_one(self):
        onboarding = self.begin()
        with patch.object(type(self.env["crm.lead"]), "_ai_list_action", ""):
            action = onboarding.action_open_records()
        self.assertEqual((action["res_model"], action["views"][0][1]), ("crm.lead", "list"))

    def test_without_the_right_to_read_nothing_is_begun_and_the_right_is_named(self):
        template = self.template.with_user(self.manager)
        self.assertFalse(self.env["crm.lead"].with_user(self.manager).has_access("read"))
        self.assertIn("“Sales/User: Own Documents Only”", template.missing_right_text)
        self.assertFalse(self.template.with_user(self.owner).missing_right_text)
        with self.assertRaisesRegex(AccessError, "^To read leads, you need the right"):
            template.action_start()
        self.assertFalse(self.env["ai.deployment.onboarding"].search([("user_id", "=", self.manager.id)]))

    def test_a_right_that_was_taken_meanwhile_is_named_on_the_page(self):
        right = self.env.ref("sales_team.group_sale_salesman")
        self.manager.group_ids += right
        onboarding = self.begin(self.manager)
        self.assertNotIn("you need the right", onboarding.survey_html)
        self.manager.group_ids -= right
        onboarding.invalidate_recordset()
        self.assertIn("you need the right", onboarding.survey_html)
        self.assertFalse(onboarding.is_enough)
        with self.assertRaises(AccessError):
            onboarding.action_open_records()

    def test_ten_records_are_not_enough_and_it_says_why(self):
        onboarding = self.begin()
        with clock.at(NOW):
            self.assertFalse(onboarding.is_enough)
            self.assertIn("Not enough", onboarding.survey_html)
            self.assertRegex(onboarding.survey_html, r"more (wins|leads without a win)")
            self.assertIn("nothing can be said by team", onboarding.survey_html)

    def test_none_at_all(self):
        self.past.unlink()
        onboarding = self.begin()
        with clock.at(NOW + datetime.timedelta(days=1)):
            self.assertFalse(onboarding.is_enough)
            self.assertIn("there are no leads yet", onboarding.survey_html)
            self.assertIn("At least 15 wins and 15 leads without a win", onboarding.survey_html)
            with self.assertRaisesRegex(UserError, "No input can be suggested"):
                onboarding.action_to_inputs()
