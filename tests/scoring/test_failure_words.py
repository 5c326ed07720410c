"""A failure is told in the language of its reader; names and what was said outside of Odoo stay as they are."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import errors
from odoo.addons.ai_deployment.models.scoring.failure_words import FailureWords, failure_words, told_in_full
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFailureWords(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")

    def told(self, error, lang="de_DE", sensitive=()):
        values = self.env["ai.deployment.inference"].with_context(lang="fr_FR")._failure_values
        return failure_words(self.env(context={"lang": lang}), *values(error, sensitive), {"country_id": "Land"})

    def test_each_type_is_told_in_the_readers_language(self):
        inference = self.env["ai.deployment.inference"].with_context(lang="de_DE")
        german = dict(inference._fields["failure_type"]._description_selection(inference.env))
        for leaf in errors.InferenceError.leaves():
            about_input = (errors.MissingFeature, errors.InvalidFeature)
            facts = ("country_id", "Rest") if leaf in (errors.InvalidFeature, errors.InputGone) else ("Rest",)
            words = self.told(leaf(*facts))
            with self.subTest(leaf=leaf.__name__):
                self.assertEqual(words.label, german[leaf.failure_type])
                self.assertNotIn("Rest" if leaf not in about_input else "“", words.label)
                own = leaf.sentence.split("{")[0].strip(" “")
                self.assertTrue(not own or own not in f"{words.sentence} {words.told} {words.detail}")

    def test_an_input_is_named(self):
        self.assertEqual(self.told(errors.MissingFeature("country_id")).sentence, "„Land“ hat keinen Wert.")
        error = errors.InvalidFeature("country_id", "4711")
        self.assertEqual(self.told(error)[2:], ("„Land“ kann nicht gelesen werden.", "4711"))
        self.assertEqual(self.told(error, sensitive={"country_id"})[2:], ("„Land“ kann nicht gelesen werden.", ""))

    def test_what_came_from_outside_stays_as_it_is(self):
        english = self.told(errors.OutsideFailure("Der Ofen ist kalt."), "en_US")
        self.assertEqual(english.sentence, "The external program reported a failure: Der Ofen ist kalt")
        busy = self.told(errors.EndpointBusy("It answered 503."), "en_US")
        self.assertEqual(busy, ("The remote model was busy", "The remote model was busy", "", "It answered 503."))

    def test_the_last_of_many_attempts_is_told_with_its_cause(self):
        words = self.told(errors.RetriesExhausted(str(errors.EndpointBusy("It answered 503."))), "en_US")
        self.assertEqual(words.sentence, "The last attempt failed as well: The remote model was busy")
        self.assertEqual(words.detail, "It answered 503.")
        self.assertEqual(self.told(errors.RetriesExhausted("Strange."), "en_US").detail, "Strange.")

    def test_another_sentence_is_the_detail(self):
        words = failure_words(self.env, "endpoint_busy", "Das Modell ist ausgelastet.")
        self.assertEqual((words.sentence, words.detail), ("The remote model was busy", "Das Modell ist ausgelastet."))
        self.assertEqual(failure_words(self.env, False, "Strange.").sentence, "Strange.")

    def test_why_a_document_is_unfamiliar_is_told_in_words(self):
        for reason, told in (("language", "another language"), ("layout", "unlike them"), ("empty", "no text")):
            self.assertIn(told, self.told(errors.DocumentUnfamiliar(reason), "en_US").sentence)
        self.assertNotIn("language", self.told(errors.DocumentUnfamiliar("language")).sentence)

    def test_an_input_without_a_name_is_told_by_its_key(self):
        for names in (None, {}, {"other": "Other"}):
            for error, told in (
                (errors.MissingFeature("country_id"), "“country_id” has no value."),
                (errors.InvalidFeature("country_id", "4711"), "“country_id” cannot be read."),
            ):
                words = failure_words(self.env, error.failure_type, str(error), names)
                self.assertEqual((words.sentence, words.told), (told, told))

    def test_what_was_said_outside_is_in_the_sentence_and_the_rest_is_the_detail(self):
        words = self.told(errors.InputGone("country_id", "Rest"), "en_US")
        self.assertEqual((words.told, words.detail), ("country_id", "Rest"))
        self.assertEqual(words.sentence, f"{words.label}: country_id")
        words = self.told(errors.DocumentUnfamiliar("language"), "en_US")
        self.assertEqual((words.told, words.detail), ("it is in another language", ""))
        self.assertEqual(self.told(errors.DocumentUnfamiliar("smell"), "en_US").told, "smell")
        words = self.told(errors.RetriesExhausted(str(errors.EndpointBusy("It answered 503."))), "en_US")
        self.assertEqual(words.told, "The remote model was busy")
        words = self.told(errors.RetriesExhausted("Strange."), "en_US")
        self.assertEqual((words.told, words.sentence), ("", words.label))
        again = str(errors.RetriesExhausted("Strange."))
        self.assertEqual(self.told(errors.RetriesExhausted(again), "en_US").detail, again, "nothing within itself")

    def test_a_failure_in_one_line(self):
        for words, told in (
            (FailureWords("It failed.", "x", detail="Rest"), "It failed. Rest"),
            (FailureWords("It failed", "x", detail="Rest"), "It failed. Rest"),
            (FailureWords("It failed", "x"), "It failed"),
        ):
            self.assertEqual(told_in_full(words), told)
