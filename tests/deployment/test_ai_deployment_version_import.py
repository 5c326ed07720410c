"""Imported models: an administrator brings a scikit-learn pipeline as a file; what could be a program never gets in."""

import base64
import hashlib
import io
import json
import pickle
import random
import sys
import zipfile
from unittest.mock import patch

import numpy as np

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads


@tagged("post_install", "-at_install")
class TestVersionImport(ClosedLeads, AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.past = cls.closed_leads(400)
        cls.pipeline = cls.fitted()
        cls.content = cls.saved(cls.pipeline)

    @classmethod
    def table(cls, leads):
        """What a pipeline gets: floats and texts in the order of the inputs."""
        table = np.empty((len(leads), 3), dtype=object)
        for row, lead in enumerate(leads):
            table[row] = [
                lead.expected_revenue,
                str(lead.country_id.id) if lead.country_id else None,
                str(lead.source_id.id) if lead.source_id else None,
            ]
        return table

    @classmethod
    def fitted(cls):
        from sklearn.compose import ColumnTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        columns = [("numbers", StandardScaler(), [0]), ("texts", OneHotEncoder(handle_unknown="ignore"), [1, 2])]
        won = [lead.won_status == "won" for lead in cls.past]
        return make_pipeline(ColumnTransformer(columns), LogisticRegression()).fit(cls.table(cls.past), won)

    @classmethod
    def saved(cls, pipeline):
        import skops.io

        return skops.io.dumps(pipeline)

    def bring(self, content=None, user=None, deployment=None, digest=False):
        """The version that comes of importing `content`."""
        wizard = (
            self.env["ai.deployment.version.import"]
            .with_user(user or self.manager)
            .create(
                {
                    "deployment_id": (deployment or self.deployment).id,
                    "file": base64.b64encode(self.content if content is None else content),
                    "file_name": "model.skops",
                    "expected_digest": digest,
                }
            )
        )
        with clock.at(NOW):
            action = wizard.action_import()
        return self.env["ai.deployment.version"].browse(action["res_id"])

    def stored(self):
        """How many versions, and files of versions, there are."""
        files = self.env["ir.attachment"].search_count(
            [("res_model", "=", "ai.deployment.version"), ("res_field", "!=", False)]
        )
        return self.env["ai.deployment.version"].search_count([]), files

    # A good file

    def test_an_imported_pipeline_is_tested_and_serves_nowhere_yet(self):
        version = self.bring(digest=hashlib.sha256(self.content).hexdigest().upper())
        self.assertEqual((version.kind, version.number), ("pipeline", self.version.number + 1))
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertFalse(version.is_serving)
        challenges = version.verdict != "worse"
        self.assertEqual(self.deployment.challenger_id, version if challenges else version.browse())
        self.assertIn(version.verdict, ("better", "inconclusive", "worse"))
        self.assertEqual(version.challenge["rows"], version.metrics["test_rows"])
        self.assertTrue(0.5 < version.auc < 1)
        self.assertEqual(version.pipeline_size, len(self.content))
        self.assertEqual(version.pipeline_digest, hashlib.sha256(self.content).hexdigest())
        self.assertEqual(base64.b64decode(version.with_user(self.manager).pipeline_file), self.content)

    def test_where_nothing_serves_it_is_tested_and_does_not_serve_either(self):
        deployment = self.make_deployment()
        version = self.bring(deployment=deployment)
        self.assertFalse(deployment.champion_id)
        self.assertTrue(version.auc)
        version.with_user(self.owner).action_promote()
        self.assertEqual(deployment.champion_id, version)

    def test_scores_are_what_the_pipeline_says_and_the_log_is_complete(self):
        version = self.bring()
        self.deployment._assign_champion(version, "test")
        leads = self.make_leads(3, expected_revenue=40000, source_id=self.sources[0].id)
        leads += self.make_leads(1, country_id=self.env.ref("base.jp").id, source_id=False)
        leads += self.make_leads(1, expected_revenue=0, country_id=self.usa.id, source_id=self.sources[1].id)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["requested"], outcome["automatic"] + outcome["review"], outcome["failed"]), (5, 5, 0))
        wanted = self.pipeline.predict_proba(self.table(leads))[:, 1]
        for lead, probability in zip(leads, wanted, strict=True):
            inference = self.inferences_of(lead).sudo()
            self.assertAlmostEqual(self.score_of(lead).predicted_value, probability, 12)
            self.assertEqual(inference.version_id, version)
            self.assertEqual(inference.prediction, probability >= 0.5)
            self.assertAlmostEqual(inference.confidence, max(probability, 1 - probability), 12)
            self.assertEqual(len(inference.codes), 2 * 3)
            self.assertTrue(inference.is_first_inference)
        self.assertEqual(self.deployment._score(leads, now=NOW)["unchanged"], 5)

    def test_reasons_say_that_they_are_approximate(self):
        version = self.bring()
        self.deployment._assign_champion(version, "test")
        lead = self.make_leads(expected_revenue=40000, country_id=self.usa.id, source_id=self.sources[0].id)
        self.deployment._score(lead, now=NOW)
        lines = self.score_of(lead).reasons.splitlines()
        self.assertEqual(lines[-1], "(approximate reasons)")
        self.assertTrue(any(line.startswith("▲ Expected Revenue: ") for line in lines))
        self.assertIn("approximate", version.card_html)
        self.assertNotIn("approximate", self.version.card_html)
        self.deployment._assign_champion(self.version, "test")
        self.deployment._score(lead, now=NOW)
        self.assertNotIn("approximate", self.score_of(lead).reasons)

    def test_a_record_that_the_pipeline_refuses_goes_to_a_person_alone(self):
        from sklearn.compose import ColumnTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        columns = [("numbers", StandardScaler(), [0]), ("texts", OneHotEncoder(), [1, 2])]  # unknown levels raise
        won = [lead.won_status == "won" for lead in self.past]
        strict = make_pipeline(ColumnTransformer(columns), LogisticRegression()).fit(self.table(self.past), won)
        self.deployment._assign_champion(self.bring(self.saved(strict)), "test")
        good = self.make_leads(2, source_id=self.sources[0].id)
        bad = self.make_leads(1, country_id=self.env.ref("base.jp").id, source_id=self.sources[0].id)
        outcome = self.deployment._score(good + bad, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"], outcome["failed"]), (2, 1, 1))
        self.assertEqual(self.score_of(bad).state, "failed")
        self.assertEqual(self.inferences_of(bad).failure_type, "prediction_invalid")

    def test_it_is_loaded_once_per_process(self):
        version = self.bring()
        self.assertIs(version._card(), version.with_user(self.owner)._card())

    # Who

    def test_only_administrators_import(self):
        before = self.stored()
        for person in (self.owner, self.deputy, self.reviewer, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.bring(user=person)
            self.assertEqual(self.stored(), before)
        wizard = (
            self.env["ai.deployment.version.import"]
            .sudo()
            .create({"deployment_id": self.deployment.id, "file": base64.b64encode(self.content)})
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.owner).sudo().with_user(self.owner).action_import()

    def test_only_administrators_read_the_file(self):
        version = self.bring()
        for person in (self.owner, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                version.with_user(person).read(["pipeline_file"])

    def test_the_form_shows_the_inputs_in_their_order(self):
        form = Form(
            self.env["ai.deployment.version.import"]
            .with_user(self.manager)
            .with_context(default_deployment_id=self.deployment.id)
        )
        self.assertEqual(
            form.inputs_text.splitlines(),
            [
                "1. expected_revenue (Expected Revenue, a number)",
                "2. country_id (Country, text)",
                "3. source_id (Source, text)",
            ],
        )

    # Not welcome

    def hostile(self):
        """(what, content, part of the sentence)"""
        import joblib

        plain, packed = io.BytesIO(), io.BytesIO()
        joblib.dump({"a": np.arange(9.0)}, plain)
        joblib.dump({"a": np.arange(9.0)}, packed, compress=3)
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("readme.txt", "hello")
        yield "a pickle", pickle.dumps({"a": 1}), "pickle"
        yield "an old pickle", pickle.dumps({"a": 1}, protocol=0), "pickle"
        yield "joblib", plain.getvalue(), "joblib"
        yield "packed joblib", packed.getvalue(), "joblib"
        yield "another archive", other.getvalue(), "skops"
        yield "half a file", self.content[: len(self.content) // 2], "damaged"
        yield "text", b"import os", "skops"
        for module, name in (("os", "system"), ("builtins", "eval"), ("sklearn.preprocessing", "FunctionTransformer")):
            yield name, self.with_class(module, name), "list of what a pipeline may hold"

    def with_class(self, module, name):
        """The good file with the class of its first step replaced."""
        changed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.content)) as old, zipfile.ZipFile(changed, "w") as new:
            for entry in old.namelist():
                data = old.read(entry)
                if entry == "schema.json":
                    schema = json.loads(data)
                    steps = schema["content"]["content"]["steps"]["content"]
                    steps[0]["content"][1].update(__module__=module, __class__=name)
                    data = json.dumps(schema)
                new.writestr(entry, data)
        return changed.getvalue()

    def test_a_hostile_file_is_refused_with_one_sentence_and_nothing_is_stored(self):
        before = self.stored()
        for what, content, part in self.hostile():
            with self.subTest(what=what), self.assertRaisesRegex(UserError, part) as caught:
                self.bring(content)
            self.assertRegex(str(caught.exception), r"^The file was refused: [^\n]*\.$")
            self.assertEqual(self.stored(), before)

    def test_another_file_than_announced_is_refused(self):
        with self.assertRaisesRegex(UserError, "SHA-256 is another"):
            self.bring(digest="0" * 64)

    def test_a_pipeline_for_other_inputs_is_refused(self):
        from sklearn.linear_model import LogisticRegression

        before = self.stored()
        two = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]] * 9, [0, 1] * 9)
        with self.assertRaisesRegex(UserError, "reads 2 inputs, and 3 are declared"):
            self.bring(self.saved(two))
        three = LogisticRegression().fit([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] * 9, [0, 1] * 9)
        with self.assertRaisesRegex(UserError, "cannot score"):  # texts where it wants numbers
            three.coef_[:] = np.nan
            self.bring(self.saved(three))
        self.assertEqual(self.stored(), before)

    def test_without_labelled_records_there_is_no_import(self):
        deployment = self.make_deployment(domain="[('name', '=', 'nobody')]")
        with self.assertRaisesRegex(UserError, "could not be tested"):
            self.bring(deployment=deployment)

    def test_where_unusual_records_are_found_nothing_is_imported(self):
        deployment = self.make_deployment(method="anomaly")
        with self.assertRaisesRegex(UserError, "predicts an outcome"):
            self.bring(deployment=deployment)

    # Later

    def test_a_file_that_was_changed_in_the_store_is_refused(self):
        version = self.bring()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "ai.deployment.version"),
                    ("res_field", "=", "pipeline_file"),
                    ("res_id", "=", version.id),
                ]
            )
        )
        attachment.raw = self.saved(self.pipeline.named_steps["logisticregression"])
        version.invalidate_recordset()
        self.env.registry.clear_cache()
        with self.assertRaisesRegex(ArtifactRejected, "does not match its digest"):
            version._card()

    def test_without_skops_a_sentence_says_so(self):
        version = self.bring()
        self.env.registry.clear_cache()
        before = self.stored()
        with patch.dict(sys.modules, {"skops": None, "skops.io": None}):
            with self.assertRaisesRegex(UserError, "install skops"):
                self.bring()
            with self.assertRaisesRegex(ArtifactRejected, "install skops"):
                version._card()
            self.assertIn("install skops", version.card_html)
            self.assertFalse(version._reasons_text("030303"))
        self.assertEqual(self.stored(), before)
        self.assertTrue(version._card())
