"""Sentences of trainings."""

from types import SimpleNamespace

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.models.training import cleaning
from odoo.addons.ai_deployment.models.training import training_wording as wording
from odoo.addons.ai_deployment.models.training.ai_deployment_training import AiDeploymentTraining
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


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

    def test_every_calibration_has_its_words(self):
        for kind, how in (
            ("platt", "by a logistic curve"),
            ("isotonic", "by a rising curve"),
            ("percentile", "by rank"),
            ("another", "another"),
        ):
            card = SimpleNamespace(calibration=SimpleNamespace(to_dict=lambda kind=kind: {"kind": kind}))
            self.assertTrue(wording.calibrated(self.env, card, {}).startswith(f"Calibration: {how}. "))

    def test_each_failure_has_a_sentence_of_its_own(self):
        texts = {code: wording.failed(self.env, code, "DETAIL") for code, _name in wording.FAILURES}
        told_as_is = {code for code, text in texts.items() if text == "DETAIL"}
        self.assertEqual(told_as_is, {"one_class", "input_gone", "data"})
        for code, text in (
            ("memory", "DETAIL MB"),
            ("time", "DETAIL seconds"),
            ("killed", "killed DETAIL times"),
            ("error", "unexpected error"),
        ):
            self.assertIn(text, texts[code])
        self.assertIn("nothing to learn", wording.unchanged(self.env), "which is no failure")


@tagged("post_install", "-at_install")
class TestDroppedRows(AiDeploymentCase):
    def test_examples_are_those_that_the_reader_may_read_and_that_are_still_there(self):
        own, other, gone = self.make_leads(3, user_id=self.seller.id)
        other.user_id = self.other_seller
        gone_id = gone.id
        gone.unlink()
        training = SimpleNamespace(
            env=self.env(user=self.seller),
            sudo=lambda: SimpleNamespace(deployment_id=self.deployment.sudo()),
            dropped=[
                {"code": "too_young", "count": 1200, "ids": [own.id, other.id, gone_id]},
                {"code": "leaks", "count": 1, "keys": ["country_id"]},
            ],
        )
        records, inputs = wording.dropped_rows(training)
        self.assertEqual(records["records"], [{"name": own.display_name, "url": f"/odoo/crm.lead/{own.id}"}])
        self.assertEqual((records["count"], records["reason"]), ("1,200", "Records whose outcome is not due yet"))
        self.assertEqual((inputs["records"], inputs["count"]), ([], "1"))
        self.assertIn("Country", str(inputs["names"]))
        self.assertFalse(records["names"])
        training.env = self.env(user=self.auditor)
        self.assertEqual(wording.dropped_rows(training)[0]["records"], [], "the model is not to be read")
