"""What a declaration says of the unusual side of its number."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features.usual_sides import SIDES, usual_side
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

VENDOR, AMOUNT = "partner_id", "amount_total"


@tagged("post_install", "-at_install")
class TestUsualSides(AiDeploymentCase):
    def side(self, source="history", measure="", path="", groups=(VENDOR,), days=0):
        return usual_side(self.env["account.move"], source, measure, path, list(groups), days)

    def test_a_repetition_is_unusual_when_high_somebody_new_when_low(self):
        self.assertEqual(self.side(measure="count"), "low")
        self.assertEqual(self.side(measure="count", groups=(VENDOR, AMOUNT)), "high")
        self.assertEqual(self.side(measure="count", groups=(VENDOR, AMOUNT), days=14), "high")
        self.assertEqual(self.side(measure="count", days=90), "two")
        self.assertEqual(self.side(measure="days_since"), "two")
        self.assertEqual(self.side(measure="days_since", groups=(VENDOR, AMOUNT)), "low")

    def test_amounts_are_unusual_when_high(self):
        self.assertEqual(self.side("path", path=AMOUNT), "high")
        self.assertEqual(self.side("zeros", path=AMOUNT), "high")
        self.assertEqual(self.side("path", path="sequence_number"), "two")
        self.assertEqual(self.side("path", path="gone"), "two")
        self.assertEqual(self.side("age"), "two")
        for measure, side in SIDES.items():
            self.assertEqual(self.side(measure=measure), side)

    def test_an_input_takes_the_side_of_what_it_measures_and_keeps_the_one_that_a_person_chose(self):
        feature = self.env["ai.deployment.feature"].create(
            {"deployment_id": self.deployment.id, "source": "zeros", "path": "recurring_revenue"}
        )
        self.assertEqual((feature.tail, feature.weight), ("high", 1.0))
        feature.tail = "low"
        feature.name = "Round"
        self.assertEqual(feature._to_spec()["tail"], "low")
        feature.write({"source": "path", "path": "color"})
        self.assertEqual(feature.tail, "two")
