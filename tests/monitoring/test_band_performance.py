"""The report says which share of hot, warm and cold leads was won, and where outcomes do not tell two of them apart."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.band_performance import BandPerformance
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestBandPerformance(AiDeploymentCase):
    def texts(self, *bands):
        """The texts about bands, each given as (score, records, wins)."""
        labels, values = [], []
        for value, rows, wins in bands:
            values += [value] * rows
            labels += [True] * wins + [False] * (rows - wins)
        lines = BandPerformance(self.deployment.sudo()).lines(labels, values)
        self.assertFalse(any(line["exceeded"] for line in lines))
        return [line["text"] for line in lines]

    def test_each_band_tells_its_share(self):
        texts = self.texts((0.7, 80, 60), (0.3, 100, 30), (0.1, 200, 10))
        self.assertEqual(len(texts), 3)
        self.assertEqual(texts[0], "Hot: 60 wins among 80 leads, 75 % (65 % to 83 %)")
        self.assertTrue(texts[2].startswith("Cold: 10 wins among 200 leads, 5 %"))

    def test_bands_that_overlap_are_called_so(self):
        texts = self.texts((0.7, 40, 30), (0.3, 100, 30), (0.1, 60, 16))
        self.assertIn("The outcomes do not tell “Warm” from “Cold” so far", texts[-1])
        self.assertEqual(len(texts), 4)

    def test_a_band_that_does_worse_than_the_next_is_named(self):
        self.assertIn("“Hot” did worse than “Warm”", self.texts((0.7, 200, 20), (0.3, 200, 90))[-1])

    def test_limits_are_those_of_the_deployment(self):
        self.deployment.write({"has_own_bands": True, "band_low": 0.65, "band_high": 0.9})
        self.assertTrue(self.texts((0.7, 10, 5))[0].startswith("Warm: 5 wins among 10 leads"))
