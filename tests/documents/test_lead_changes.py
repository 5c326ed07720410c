"""What would change the chance of a lead, told on its form."""

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.documents.lead_changes import LeadChanges
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import CAME, CourseOfLeads

POINTS = [0, 0, 0, -1.0, 0.0]


@tagged("post_install", "-at_install")
class TestLeadChanges(CourseOfLeads, AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        """A card by hand: a meeting held, nobody waiting and a valid phone number each raise the chance."""
        super().setUpClass()
        cls.living = cls.make_deployment(
            name="Living",
            landmarks=True,
            viewer_group_ids=[(6, 0, cls.viewer_group.ids)],
            min_confidence=0.0,
            features=[
                {"source": "course", "course": "meetings"},
                {"source": "course", "course": "waiting_days"},
                {"path": "phone_state"},
            ],
        ).sudo()
        bins = NumericBins(0, 30, [0.5])
        levels = CategoryBins(("correct", "incorrect"), {"correct": 500, "incorrect": 400})
        counts = [0, 0, 0, 500, 500]
        card = Scorecard(
            [
                CardFeature("course:meetings", NUMBER, bins, np.array(POINTS), False, np.array(counts)),
                CardFeature("course:waiting_days", NUMBER, bins, -np.array(POINTS) - 1.0, False, np.array(counts)),
                CardFeature(
                    "phone_state", CATEGORY, levels, np.array([-0.5, 0, 0, 0.2, -0.5]), False, np.array(counts)
                ),
            ],
            0.5,
            Identity(),
            NumericBins(0, 1, [0.5]),
        )
        cls.deployment.is_primary = False
        cls.serve(cls.living, card)
        cls.living.state = "shadow"

    def told(self, lead):
        with clock.at(NOW):
            self.living._score(lead)
            if self.living.state == "shadow":
                self.living.state = "production"
            lead.invalidate_recordset()
            return (lead.with_user(self.seller).ai_change_text or "").splitlines()

    def test_the_largest_gains_in_sentences(self):
        lead = self.came(self.make_leads(phone=False))
        self.assertEqual(
            self.told(lead),
            [
                "Of leads that are alike but had another meeting, 50 % are won.",
                "Of leads that are alike but have a valid phone number, 43 % are won.",
            ],
        )
        self.message(lead, 58, message_type="email", author_id=False)
        self.env.flush_all()
        self.assertIn("waits for no answer", " ".join(self.told(lead)))

    def test_nothing_on_a_lead_that_is_closed_nor_of_a_sensitive_input(self):
        lead = self.came(self.make_leads(phone=False))
        self.assertTrue(self.told(lead))
        lead.action_set_lost()
        lead.invalidate_recordset()
        self.assertFalse(lead.with_user(self.seller).ai_change_text)
        secret = {key: {**spec, "sensitive": True} for key, spec in self.living.champion_id._specs().items()}
        self.patch(type(self.version), "_specs", lambda _self: secret)
        self.addCleanup(self.env.registry.clear_cache)
        self.env.registry.clear_cache()
        self.assertEqual(LeadChanges(lead, self.score_of(lead, self.living).sudo()).text(), "")

    def test_what_leaves_a_score_stale_tells_no_change(self):
        lead = self.came(self.make_leads(phone=False))
        self.assertTrue(self.told(lead))
        with clock.at(CAME.replace(year=2030)):
            lead.invalidate_recordset()
            self.assertFalse(lead.with_user(self.seller).ai_change_text)

    def test_nothing_of_an_input_that_became_sensitive_or_that_the_reader_may_not_read(self):
        lead = self.came(self.make_leads(phone=False))
        self.assertIn("phone", " ".join(self.told(lead)))
        feature = self.living.feature_ids.filtered(lambda one: one.path == "phone_state")
        feature.sensitive = True
        self.assertNotIn("phone", " ".join(self.told(lead)))
        feature.sensitive = False
        self.assertIn("phone", " ".join(self.told(lead)))
        field = self.env["crm.lead"]._fields["phone_state"]
        self.addCleanup(setattr, field, "groups", field.groups)
        self.addCleanup(self.env.registry.clear_cache)
        field.groups = "base.group_system"
        self.env.registry.clear_cache()
        self.assertNotIn("phone", " ".join(self.told(lead)))
