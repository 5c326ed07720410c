"""Tags as inputs, from declared input to reasons, log, drift and findings."""

import random

import numpy as np

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import drift
from odoo.addons.ai_deployment.ml.binning import CategoryBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, TAGS
from odoo.addons.ai_deployment.ml.profile import bins_of
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.ml.tags import TagBins, member_name
from odoo.addons.ai_deployment.models.governance.evidence.log import LogComplete
from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.monitoring.report_records import ReportRecords
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.learning import fit
from odoo.addons.ai_deployment.models.training.replay import Replay
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import HealthCase


@tagged("post_install", "-at_install")
class TestTagInputs(HealthCase):
    """A deployment that reads the tags of leads: red +1, green -0.5, any other 0."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("Red", "Green", "Seldom", "New")
        cls.red, cls.green, cls.seldom, cls.new = cls.env["crm.tag"].create([{"name": name} for name in names])
        cls.tagged = cls.make_deployment(
            name="By tags", is_primary=False, idle_days=0, features=[{"path": "tag_ids"}], min_confidence=0.0
        )
        cls.tag_version = cls.serve(cls.tagged, cls.tag_card())
        with clock.at(NOW):
            cls.tagged.state = "shadow"

    @classmethod
    def tag_card(cls):
        members = [str(cls.red.id), str(cls.green.id)]
        known = {members[0]: 500, members[1]: 400, str(cls.seldom.id): 4}
        rest = TagBins(("0", "1"), {"0": 796, "1": 4}, members=members, known=known)
        features = [CardFeature("tag_ids", CATEGORY, rest, np.zeros(5), False, np.array([200, 0, 0, 796, 4]))]
        for tag, count, points in zip(members, (500, 400), (1.0, -0.5), strict=True):
            bins = CategoryBins(("no", "yes"), {"no": 1000 - count, "yes": count})
            features.append(
                CardFeature(
                    member_name("tag_ids", tag),
                    CATEGORY,
                    bins,
                    np.array([0, 0, 0, 0.0, points]),
                    False,
                    np.array([0, 0, 0, 1000 - count, count]),
                )
            )
        return Scorecard(features, -1.0, Identity(), cls.card().score_bins)

    def scored(self, *tags, **values):
        lead = self.make_leads(tag_ids=[Command.set([tag.id for tag in tags])], **values)
        self.tagged._score(lead, now=NOW)
        return self.env["ai.deployment.inference"].search(
            [("deployment_id", "=", self.tagged.id), ("res_id", "=", lead.id)], limit=1
        )

    def test_a_challenger_reads_tags_that_the_serving_version_does_not(self):
        """Its column has a name of its own while both read, and tags are spread by the name that the card knows."""
        feature = {"deployment_id": self.deployment.id, "path": "tag_ids", "leak_override": "x"}
        self.env["ai.deployment.feature"].create(feature)
        self.deployment._assign_challenger(self.keep(self.deployment, self.tag_card()), "test")
        lead = self.make_leads(tag_ids=[Command.set(self.red.ids)])
        with clock.at(NOW):
            self.deployment._score(lead)
        line = self.env["ai.deployment.challenger.score"].search([("res_id", "=", lead.id)])
        self.assertEqual((line.failure_type, round(line.predicted_value, 6)), (False, 0.5))
        replay = Replay(self.deployment.sudo(), self.deployment.challenger_id.sudo(), 10)
        columns = replay._columns(replay._lines())
        self.assertEqual(columns["tag_ids"].name, "tag_ids")
        self.assertTrue(self.deployment.challenger_id)

    def test_it_is_declared_as_one_input(self):
        spec = self.tagged.feature_ids._to_spec()
        self.assertEqual((spec["key"], spec["kind"], spec["name"]), ("tag_ids", TAGS, "Tags"))
        self.assertEqual(list(self.tag_version._specs()), ["tag_ids"])

    def test_each_tag_counts_and_one_reason_names_them(self):
        line = self.scored(self.green, self.red)
        self.assertAlmostEqual(line.predicted_value, 1 / (1 + np.exp(0.5)), 6)
        self.assertEqual(line.reasons, "▲ Tags: Red, Green")
        self.assertEqual(line.inputs_text, "Tags: Green, Red")
        self.assertEqual(self.scored(self.red, self.green).predicted_value, line.predicted_value)

    def test_a_new_combination_is_nothing_new_but_a_new_tag_is(self):
        self.assertNotIn("never seen", self.scored(self.red, self.green, self.seldom).reasons or "")
        line = self.scored(self.red, self.new)
        self.assertIn("never seen before", line.reasons)
        self.assertIn("Tags: never seen before", line.reasons)

    def test_no_tags_at_all(self):
        self.assertNotIn("?", self.scored().reasons or "")

    def test_a_sensitive_input_tells_no_tag(self):
        self.tagged.feature_ids.sensitive = True
        line = self.scored(self.red, self.green)
        self.assertEqual(line.with_user(self.owner).reasons, "▲ Tags: protected")
        self.assertNotIn("Red", self.tag_version.with_user(self.owner).card_html)

    def test_the_card_page_shows_what_each_tag_adds(self):
        groups = self.tag_version.with_user(self.owner)._printed_card()["groups"]
        self.assertEqual([group["name"] for group in groups], ["Tags"])
        rows = {row["label"]: row["points"] for row in groups[0]["rows"]}
        self.assertEqual((rows["Red"], rows["Green"]), (1.0, -0.5))

    def test_evidence_of_the_log_holds(self):
        line = self.scored(self.red)
        row = {
            "failure_type": False,
            "inputs": line.sudo().inputs,
            "codes": line.sudo().codes,
            "predicted_value": 1,
            "prediction": True,
            "confidence": 1,
            "route": "automatic",
            "latency_ms": 1,
        }
        self.assertEqual(LogComplete(self.tagged).line_fault(row, self.tag_version._card()), "")

    def test_drift_of_tags_is_one_line_that_names_them(self):
        rng = random.Random(1)
        leads = self.make_leads(120)
        for lead in leads:
            lead.tag_ids = (self.green if rng.random() < 0.97 else self.red) | self.seldom.browse()
        self.tagged._score(leads, now=NOW)
        with clock.at(NOW.replace(day=10)):
            report = DriftMonitor(self.tagged).report()
        lines = report.line_ids.filtered(lambda line: line.key.startswith("tag_ids"))
        self.assertEqual(set(lines.mapped("key")), {"tag_ids"})
        shape = lines.filtered(lambda line: line.test == "shape")
        self.assertEqual(len(shape), 1)
        self.assertTrue(shape.exceeded)
        self.assertIn("“Green” on", shape.text)
        self.assertTrue(shape.has_records)
        self.assertTrue(ReportRecords(shape).ids())
        alerts = self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.tagged.id), ("cause", "like", "tag_ids")]
        )
        self.assertLessEqual(len(alerts), len(lines))

    def test_no_drift_no_alarm(self):
        card = self.tag_version._card()
        reference = self.reference(card)
        results = drift.by_input(drift.judge(bins_of(card), reference, reference), bins_of(card))
        self.assertFalse([result for result in results if result.exceeded])
        self.assertEqual(sum(result.name == "tag_ids" for result in results), 3)  # missing, unseen, shape

    def test_similar_cases_are_found_by_tags(self):
        first, second = self.scored(self.red, self.green), self.scored(self.red)
        other = self.scored(self.green)
        cards = self.tag_version._card()
        rows = np.array([list(bytes.fromhex(line.sudo().codes)) for line in (first, second, other)], dtype=np.uint8)
        self.assertEqual(rows.shape, (3, len(cards.names)))

    def test_a_new_tag_is_told_before_it_is_used_much(self):
        spec = self.tagged.feature_ids._to_spec()
        self.assertEqual(spec["fields"]["tag_ids"]["model"], "crm.tag")
        found = self.findings(deployment=self.tagged)
        self.assertEqual(set(found), set())
        self.env["crm.tag"].create({"name": "Brand new"})
        self.assertEqual(set(self.findings(deployment=self.tagged)), {"level:tag_ids"})

    def test_trained_on_records(self):
        rng = random.Random(2)
        tags = self.env["crm.tag"].create([{"name": f"T{n}"} for n in range(6)])
        leads = self.make_leads(260)
        won = []
        for lead in leads:
            chosen = rng.sample(tags.ids, 2)
            lead.tag_ids = [Command.set(chosen)]
            won.append(tags.ids[0] in chosen and rng.random() < 0.9 or rng.random() < 0.25)
        self.env.flush_all()
        specs = [feature._to_spec() for feature in self.tagged.feature_ids]
        columns = self.tagged._columns(specs, leads.ids)
        _tested, training = fit(self.tagged, specs, columns, np.arange(260.0), np.array(won))
        version = self.env["ai.deployment.version"]._store(self.tagged, training, specs, NOW)
        self.assertEqual(set(version._specs()), {"tag_ids"})
        self.assertIn(member_name("tag_ids", str(tags.ids[0])), version._card().names)
        self.assertIn("T0", version.with_user(self.owner).card_html)
