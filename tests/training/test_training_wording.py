"""Sentences of trainings."""

from types import SimpleNamespace

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.models.training import cleaning
from odoo.addons.ai_deployment.models.training import training_wording as wording
from odoo.addons.ai_deployment.models.training.ai_deployment_training import AiDeploymentTraining


@tagged("post_install", "-at_install")
class TestTrainingWording(TransactionCase):
    def test_every_failure_has_its_sentence(self):
        texts = {code: wording.failed(self.env, code, "DETAIL") for code, _name in wording.FAILURES}
        self.assertTrue(all(texts.values()))
        for code in ("memory", "time", "killed", "data", "input_gone", "one_class"):
            self.assertIn("DETAIL", texts[code])
        self.assertNotIn("DETAIL", texts["error"], "a traceback is for the server log")
        self.assertIs(AiDeploymentTraining.failure._args__["selection"], wording.FAILURES)

    def test_every_reason_has_its_words(self):
        for code in (*cleaning.RECORDS, *cleaning.INPUTS):
            self.assertNotEqual(wording.reason(self.env, code), code)

    def test_figures_in_sentences(self):
        self.assertEqual(wording.collected(self.env, 1200, 300), "1,200 records, 25 % of them positive.")
        self.assertEqual(wording.collected(self.env, 7, None), "7 records.")
        self.assertEqual(wording.cleaned(self.env, []), "Nothing was left out.")
        found = wording.cleaned(self.env, [{"code": "leaks", "count": 2}, {"code": "too_young", "count": 3}])
        self.assertEqual(found, "Inputs known only with the outcome: 2, Records whose outcome is not due yet: 3.")
        self.assertIn("allow no test", wording.tested(self.env, {"auc": None}))
        tested = {"auc": 0.7512, "brier": 0.1, "brier_base_rate": 0.2, "test_rows": 60}
        self.assertEqual(
            wording.tested(self.env, tested),
            "On 60 later records: AUC 0.751, Brier score 0.100 (base rate: 0.200).",
        )
        self.assertEqual(wording.collected(self.env, 0, 0), "0 records, 0 % of them positive.")
        for lacking in ("auc", "brier"):
            self.assertIn("allow no test", wording.tested(self.env, {**tested, lacking: None}))
        zeros = wording.tested(self.env, {"auc": 0.0, "brier": 0.0})
        self.assertEqual(zeros, "On 0 later records: AUC 0.000, Brier score 0.000 (base rate: 0.000).")
        for metrics, learned in (
            ({"train_rows": 900, "rows": 1000, "inputs": 3, "pairs": 1}, "900 records, 3 inputs and 1 interactions"),
            ({"rows": 1000}, "1,000 records, 0 inputs and 0 interactions"),
            ({}, "0 records, 0 inputs and 0 interactions"),
        ):
            self.assertEqual(wording.fitted(self.env, metrics), f"Learned from {learned}.")
        card = SimpleNamespace(calibration=Identity())
        for metrics, rows in (({"learned_rows": 9, "rows": 5}, 9), ({"rows": 5}, 5), ({}, 0)):
            told = wording.calibrated(self.env, card, metrics)
            self.assertEqual(told, f"Calibration: none was needed. Learned again from all {rows} records.")
