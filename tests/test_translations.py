"""Translations: each language has every text, with the placeholders and tags of the original."""

import re
from pathlib import Path

import polib

from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

FOLDER = Path(__file__).parents[1] / "i18n"
LANGUAGES = ("de", "es", "fr", "nl")
PLACEHOLDER = re.compile(r"%\([a-z_0-9]+\)[sdr]|%[sd]|%%|\{[^}\s]*\}")
TAG = re.compile(r"</?\w[^>]*>")
WORDED = re.compile(r'(title|alt|placeholder|aria-label)="[^"]*"')  # attributes that people read


def held(text):
    """What a translation has to keep: placeholders (several %s in their order), and tags without what people read."""
    positional = [each for each in PLACEHOLDER.findall(text) if each in ("%s", "%d")]
    return sorted(PLACEHOLDER.findall(text)), positional, sorted(WORDED.sub(r"\1", tag) for tag in TAG.findall(text))


@tagged("post_install", "-at_install")
class TestTranslations(BaseCase):
    def test_every_text_has_a_translation_that_keeps_its_placeholders(self):
        texts = {entry.msgid for entry in polib.pofile(str(FOLDER / "ai_deployment.pot"))}
        self.assertGreater(len(texts), 2000)
        for language in LANGUAGES:
            with self.subTest(language=language):
                known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(FOLDER / f"{language}.po"))}
                self.assertEqual(known.keys(), texts)
                wrong = [text for text, words in known.items() if not words.strip() or held(text) != held(words)]
                self.assertEqual(wrong, [])

    def test_what_a_translation_has_to_keep(self):
        self.assertEqual(held("%(a)s of %s"), held("%s von %(a)s"))
        self.assertEqual(held('<b title="Yes">x</b>'), held('<b title="Ja">y</b>'))
        for text, other in (("%s and %d", "%d und %s"), ("%(a)s", "%(b)s"), ("<b>x</b>", "x"), ("5 %%", "5 %")):
            self.assertNotEqual(held(text), held(other))


@tagged("post_install", "-at_install", "ai_nightly")
class TestTemplate(TransactionCase):
    def test_the_template_has_what_the_code_says(self):
        """A text that is missing there is shown in English in every language."""
        said = {row[4] for row in TranslationModuleReader(self.env.cr, ["ai_deployment"])}
        kept = {entry.msgid for entry in polib.pofile(str(FOLDER / "ai_deployment.pot"))}
        self.assertEqual((sorted(said - kept), sorted(kept - said)), ([], []))
