"""On paper: what the records say and nothing else, for who may read it, with texts as texts and secrets masked."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>"


class ReportCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads(name="Chairs for the town hall", expected_revenue=20000)
        with clock.at(NOW):
            cls.deployment._score(cls.lead)
        cls.line = cls.env["ai.deployment.inference"].search([("res_id", "=", cls.lead.id)])

    def paper(self, report, records, person=None):
        reports = self.env["ir.actions.report"].with_user(person or self.owner)
        html, kind = reports._render_qweb_html(f"ai_deployment.{report}", records.ids)
        self.assertEqual(kind, "html")
        return html.decode()


@tagged("post_install", "-at_install")
class TestModelCard(ReportCase):
    def test_it_says_what_the_records_say(self):
        text = self.paper("model_card", self.deployment)
        for words in (
            "Which leads to call",
            "Tells sellers which leads are worth a call.",
            self.owner.name,
            self.deputy.name,
            "Expected Revenue",
            "expected_revenue",
            "Country",
            self.env.company.name,
            "not measured yet",
            "10,000 to 100,000",
            "+1.50",
            "Belgium",
            self.version.digest,
            "Printed on",
        ):
            self.assertIn(words, text)
        self.assertNotIn("The Checklist as It Stands", text)

    def test_the_evidence_pack_goes_on_with_checklist_decisions_life_and_incidents(self):
        self.env["ai.deployment.alert"]._raise(self.deployment, "test", name="Chances do not come true")
        text = self.paper("evidence_pack", self.deployment)
        for words in (
            "The Checklist as It Stands",
            "Waivers",
            "until 01/01/2100: A test.",
            "Decisions",
            "Go",
            "Its Life",
            "Shadow",
            "Incidents",
            "Chances do not come true",
            "What served",
        ):
            self.assertIn(words, text)

    def test_what_a_decision_saw_is_printed_as_it_stood(self):
        self.env["ai.deployment.decision"].create(
            {
                "deployment_id": self.deployment.id,
                "outcome": "conditions",
                "minutes": "Seen the test.",
                "date": NOW,
                "conditions": "Watch the north.",
                "user_id": self.manager.id,
                "next_review_date": "2100-01-01",
                "evidence": [
                    {
                        "dimension": "business",
                        "name": "Old row",
                        "state": "met",
                        "state_name": "Met",
                        "evidence": "As it stood.",
                    },
                ],
            }
        )
        text = self.paper("evidence_pack", self.deployment)
        for words in ("Watch the north.", "Old row", "As it stood.", "Seen the test."):
            self.assertIn(words, text)

    def test_parts_of_the_business_are_printed_where_the_test_knew_them(self):
        parts = {
            "path": "country_id",
            "later": [{"part": str(self.belgium.id), "rows": 120, "positives": 40, "brier": 0.18, "base_brier": 0.2}],
        }
        version = self.keep(self.deployment, self.card(), held_out={"segments": parts})
        self.deployment._assign_champion(version, "test")
        text = self.paper("model_card", self.deployment)
        self.assertIn("By part of the business", text)
        self.assertIn("0.180", text)

    def test_texts_of_people_stay_texts(self):
        self.deployment.write({"name": ATTACK, "purpose": ATTACK})
        self.deployment.feature_ids[0].name = ATTACK
        self.owner.sudo().name = ATTACK
        self.env["ai.deployment.alert"]._raise(self.deployment, "test", name=ATTACK)
        self.env["ai.deployment.edge.case"].create(
            {"deployment_id": self.deployment.id, "name": ATTACK, "note": ATTACK, "domain": "[('priority', '=', '3')]"}
        )
        self.deployment.check_ids[0].write({"waiver_reason": ATTACK, "evidence": ATTACK, "name": ATTACK})
        self.deployment.with_context(ai_deployment_reason=ATTACK).state = "suspended"
        self.env["ai.deployment.decision"].create(
            {
                "deployment_id": self.deployment.id,
                "outcome": "go",
                "minutes": ATTACK,
                "conditions": ATTACK,
                "date": NOW,
                "user_id": self.manager.id,
                "next_review_date": "2100-01-01",
                "evidence": [
                    {
                        "dimension": "business",
                        "name": ATTACK,
                        "state": "met",
                        "state_name": ATTACK,
                        "evidence": ATTACK,
                    }
                ],
            }
        )
        for report in ("model_card", "evidence_pack"):
            text = self.paper(report, self.deployment)
            self.assertIn("&lt;script&gt;alert", text)
            self.assertNotIn("<script>alert", text)
            self.assertNotIn("<img src=x", text)

    def test_only_its_people_and_the_auditor_print_it(self):
        for person in (self.owner, self.deputy, self.reviewer, self.manager, self.auditor):
            self.assertIn("Which leads to call", self.paper("evidence_pack", self.deployment, person))
        for person in (self.other_owner, self.seller, self.accountant):
            with self.subTest(person.login), self.assertRaises(AccessError):
                self.paper("model_card", self.deployment, person)

    def test_levels_of_sensitive_inputs_are_masked_on_paper_too(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        for person in (self.owner, self.auditor):
            text = self.paper("model_card", self.deployment, person)
            self.assertNotIn("Belgium", text.split("The Card:")[1])
            self.assertIn("protected", text)
            self.assertIn("yes, masked", text)
        self.owner.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.assertIn("Belgium", self.paper("model_card", self.deployment).split("The Card:")[1])

    def test_a_demonstration_says_so_on_paper(self):
        self.deployment.is_demonstration = True
        self.assertIn("A demonstration: these records were made up", self.paper("evidence_pack", self.deployment))

    def test_a_deployment_without_a_version_prints(self):
        bare = self.make_deployment(name="Bare", features=[])
        text = self.paper("evidence_pack", bare)
        self.assertIn("Bare", text)
        self.assertNotIn("The Card:", text)

    def test_several_are_printed_one_after_the_other(self):
        other = self.make_deployment(name="The other one")
        text = self.paper("model_card", self.deployment + other)
        self.assertIn("Which leads to call", text)
        self.assertIn("The other one", text)

    def test_the_buttons_print(self):
        for name in ("action_print_model_card", "action_print_evidence_pack"):
            action = getattr(self.deployment.with_user(self.owner), name)()
            self.assertEqual(action["type"], "ir.actions.report")
            self.assertEqual(action["context"]["active_ids"], self.deployment.ids)


@tagged("post_install", "-at_install")
class TestVersionDifference(ReportCase):
    def test_points_that_changed_and_inputs_that_came_and_went(self):
        new = self.keep(self.deployment, self.card(high=3.0, names=["expected_revenue", "country_id"]))
        text = self.paper("version_difference", self.version + new)
        for words in (
            "Version 1",
            "Version 2",
            "Not read any more: Source",
            "New: none",
            "+3.00",
            "+1.50",
            "10,000 to 100,000",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Belgium", text)  # worth the same in both

    def test_levels_of_sensitive_inputs_are_masked(self):
        card = self.card()
        card.features[1].points[3] = 0.25
        new = self.keep(self.deployment, card)
        self.assertIn("Belgium", self.paper("version_difference", self.version + new))
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        text = self.paper("version_difference", self.version + new)
        self.assertNotIn("Belgium", text)
        self.assertIn("protected", text)

    def test_two_versions_of_one_deployment_it_takes(self):
        other = self.serve(self.make_deployment(name="Another"), self.card())
        for versions in (self.version, self.version + other):
            with self.assertRaisesRegex(UserError, "two versions of the same"):
                self.paper("version_difference", versions)
        with self.assertRaisesRegex(UserError, "no other version"):
            self.version.with_user(self.owner).action_print_difference()

    def test_the_button_compares_with_what_serves_or_served_before(self):
        new = self.keep(self.deployment, self.card(high=3.0))
        for version in (self.version, new):
            action = version.with_user(self.owner).action_print_difference()
            self.assertEqual(set(action["context"]["active_ids"]), {self.version.id, new.id})

    def test_only_its_people_print_it(self):
        new = self.keep(self.deployment, self.card(high=3.0))
        with self.assertRaises(AccessError):
            self.paper("version_difference", self.version + new, self.other_owner)


@tagged("post_install", "-at_install")
class TestRecordEvidence(ReportCase):
    def test_it_says_why_with_every_input_and_its_points(self):
        text = self.paper("record_evidence", self.line)
        for words in (
            "Chairs for the town hall",
            "scored 81.8 %",
            "will win",
            "Expected Revenue",
            "20,000",
            "10,000 to 100,000",
            "+1.50",
            "Belgium",
            "+1.00",
            "Source",
            "0.00",
            "Everybody starts from",
            "-1.00",
            self.version.digest,
            "The Line of the Log",
            str(self.line.id),
            "Version 1",
            "it was not in production",
        ):
            self.assertIn(words, text)

    def test_who_saw_it_is_who_could(self):
        with clock.at(NOW + timedelta(hours=1)):
            self.deployment.state = "production"
        with clock.at(NOW + timedelta(hours=2)):
            self.deployment._score(self.lead, again=True)
        text = self.paper("record_evidence", self.inferences_of(self.lead)[-1])
        self.assertIn("On the record, members of:", text)
        self.assertIn(self.viewer_group.full_name, text)

    def test_the_review_and_its_answer_are_printed(self):
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(self.lead, again=True)
        line = self.inferences_of(self.lead)[-1]
        self.reviews_of(self.lead).with_user(self.reviewer)._decide("overridden", note=ATTACK, seconds=42.0)
        text = self.paper("record_evidence", line)
        for words in ("The score is wrong", self.reviewer.name, "in 42 s", "&lt;script&gt;"):
            self.assertIn(words, text)
        self.assertNotIn("<script>alert", text)

    def test_the_auditor_sees_no_input_and_others_no_sensitive_one(self):
        text = self.paper("record_evidence", self.line, self.auditor)
        self.assertNotIn("Belgium", text)
        self.assertNotIn("20,000", text)
        self.assertIn("•••", text)
        self.assertIn("+1.50", text)
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        text = self.paper("record_evidence", self.line)
        self.assertNotIn("Belgium", text)
        self.assertIn("20,000", text)
        self.owner.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.assertIn("Belgium", self.paper("record_evidence", self.line))

    def test_who_may_not_read_the_record_or_the_deployment_prints_nothing(self):
        narrow = new_test_user(
            self.env, "ai_narrow", groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman", context=QUIET
        )
        self.deployment.reviewer_ids += narrow
        for person in (narrow, self.seller, self.other_owner, self.accountant, self.manager):
            with self.subTest(person.login), self.assertRaises(AccessError):
                self.paper("record_evidence", self.line, person)
            with self.assertRaises(AccessError):
                self.line.with_user(person).action_print_evidence()
        self.lead.user_id = narrow
        self.assertIn("Chairs for the town hall", self.paper("record_evidence", self.line, narrow))

    def test_a_record_that_could_not_be_scored_says_why(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(name=ATTACK, country_id=False)
        self.deployment._score(lead, now=NOW)
        text = self.paper("record_evidence", self.inferences_of(lead))
        self.assertIn("“Country” has no value.", text)
        self.assertNotIn("<script>alert", text)

    def test_a_deleted_record_is_the_auditors_only(self):
        self.lead.unlink()
        with self.assertRaises(AccessError):
            self.paper("record_evidence", self.line)
        self.assertIn("(deleted)", self.paper("record_evidence", self.line, self.auditor))

    def test_asked_by_day_it_is_the_score_of_that_day(self):
        self.lead.expected_revenue = 10
        with clock.at(NOW + timedelta(days=5)):
            self.deployment._score(self.lead)
        first, second = self.inferences_of(self.lead)
        asks = self.env["ai.deployment.record.evidence"].with_user(self.owner)
        for days, expected in ((-1, None), (0, first), (4, first), (5, second), (90, second)):
            ask = asks.create(
                {
                    "deployment_id": self.deployment.id,
                    "res_id": self.lead.id,
                    "date": (NOW + timedelta(days=days)).date(),
                }
            )
            self.assertEqual(ask.inference_id, expected or self.env["ai.deployment.inference"])
            if expected:
                self.assertEqual(ask.action_print()["context"]["active_ids"], expected.ids)
            else:
                with self.assertRaises(UserError):
                    ask.action_print()

    def test_the_question_about_a_record_out_of_sight_has_no_answer(self):
        asks = self.env["ai.deployment.record.evidence"].with_user(self.manager)
        ask = asks.create({"deployment_id": self.deployment.id, "res_id": self.lead.id, "date": NOW.date()})
        self.assertFalse(ask.inference_id)
        self.assertEqual(ask.found, "No score that you may see.")

    def test_from_the_score_one_gets_to_the_line_behind_it(self):
        score = self.score_of(self.lead)
        action = score.with_user(self.owner).action_print_evidence()
        self.assertEqual(action["context"]["active_ids"], self.line.ids)
        with clock.at(NOW):
            self.deployment.state = "production"
        with self.assertRaises(AccessError):
            score.with_user(self.seller).action_print_evidence()  # a viewer of scores is nobody of the deployment

    def test_the_buttons_are_on_the_pages(self):
        for model, kind, button in (
            ("ai.deployment.inference", "form", "action_print_evidence"),
            ("ai.deployment.score", "list", "action_print_evidence"),
            ("ai.deployment.version", "form", "action_print_difference"),
            ("ai.deployment", "form", "action_ask_record_evidence"),
        ):
            arch = self.env[model].with_user(self.owner).get_view(view_type=kind)["arch"]
            self.assertIn(button, arch)
