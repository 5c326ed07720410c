"""The log: its words for failures are complete, its inputs are shown as people read them."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import errors
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

FACTS = {
    errors.MissingFeature: ("country_id",),
    errors.InvalidFeature: ("country_id", "the value 4711"),
    errors.InputGone: ("Country", "its field is gone."),
}


@tagged("post_install", "-at_install")
class TestInference(AiDeploymentCase):
    # Failures

    def test_every_error_has_a_failure_type_everywhere_and_the_other_way_round(self):
        known = {leaf.failure_type for leaf in errors.InferenceError.leaves()}
        for model in ("ai.deployment.inference", "ai.deployment.score", "ai.deployment.review"):
            with self.subTest(model=model):
                self.assertEqual(set(self.env[model]._fields["failure_type"].get_values(self.env)), known)

    def test_every_error_can_be_stored(self):
        for leaf in errors.InferenceError.leaves():
            error = leaf(*FACTS.get(leaf, ("for a reason",)))
            with self.subTest(error=leaf.__name__):
                kind, sentence = self.env["ai.deployment.inference"]._failure_values(error)
                self.assertEqual(kind, leaf.failure_type)
                self.assertTrue(sentence)

    def test_a_failure_of_a_sensitive_input_tells_no_value(self):
        failure_values = self.env["ai.deployment.inference"]._failure_values
        error = errors.InvalidFeature("country_id", "the value 4711")
        self.assertIn("4711", failure_values(error)[1])
        self.assertEqual(failure_values(error, {"country_id"}), ("invalid_feature", "“country_id” cannot be read."))

    def test_a_long_failure_is_cut(self):
        error = errors.Unexpected("x" * 9000)
        self.assertLessEqual(len(self.env["ai.deployment.inference"]._failure_values(error)[1]), 500)

    def test_what_is_no_inference_error_is_not_stored_as_one(self):
        with self.assertRaises(TypeError):
            self.env["ai.deployment.inference"]._failure_values(ValueError("x"))

    # Inputs

    def text_of(self, **values):
        lead = self.make_leads(**values)
        self.deployment._score(lead, now=NOW)
        return self.inferences_of(lead).inputs_text

    def test_inputs_are_shown_as_people_read_them(self):
        source = self.env["utm.source"].create({"name": "Trade fair"})
        for values, text in (
            (
                {"expected_revenue": 1234.5, "source_id": source.id},
                "Expected Revenue: 1,234.5\nCountry: Belgium\nSource: Trade fair",
            ),
            ({"expected_revenue": 0, "country_id": False}, "Expected Revenue: 0\nCountry: –\nSource: –"),
            ({"expected_revenue": 1000000}, "Expected Revenue: 1,000,000\nCountry: Belgium\nSource: –"),
        ):
            with self.subTest(values=values):
                self.assertEqual(self.text_of(**values), text)

    def test_a_failed_line_shows_what_was_read_too(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.assertEqual(
            self.text_of(country_id=False, expected_revenue=7), "Expected Revenue: 7\nCountry: –\nSource: –"
        )

    def test_a_line_of_a_damaged_version_shows_nothing(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(self.text_of())

    def test_a_failed_score_says_why(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.score_of(lead).reasons, "Could not be scored: “Country” has no value.")

    def test_a_line_opens_its_record(self):
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        for line in (self.inferences_of(lead), self.score_of(lead)):
            action = line.action_open_document()
            self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))
            self.assertEqual(line.res_name, lead.display_name)
        self.assertEqual(self.inferences_of(lead).display_name, lead.display_name, "in the breadcrumb")
