"""The model card on paper: what the records say, for who may read it, with texts as texts."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import ReportCase

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>"


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
        self.assertNotIn("Current Checklist", text)

    def test_parts_of_the_business_are_printed_where_the_test_knew_them(self):
        parts = {
            "path": "country_id",
            "later": [{"part": str(self.belgium.id), "rows": 120, "positives": 40, "brier": 0.18, "base_brier": 0.2}],
        }
        version = self.keep(self.deployment, self.card(), held_out={"segments": parts})
        self.deployment._assign_champion(version, "test")
        text = self.paper("model_card", self.deployment)
        self.assertIn("By segment", text)
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
        self.env["ai.deployment.approval"].create(
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
            self.assertNotIn("Belgium", text.split("Scorecard:")[1])
            self.assertIn("protected", text)
            self.assertIn("yes, masked", text)
        self.owner.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.assertIn("Belgium", self.paper("model_card", self.deployment).split("Scorecard:")[1])

    def test_a_demonstration_says_so_on_paper(self):
        self.deployment.is_demonstration = True
        self.assertIn("Demonstration: the records are invented", self.paper("evidence_pack", self.deployment))

    def test_a_deployment_without_a_version_prints(self):
        bare = self.make_deployment(name="Bare", features=[])
        text = self.paper("evidence_pack", bare)
        self.assertIn("Bare", text)
        self.assertNotIn("Scorecard:", text)

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
