"""Secrets: read from the server's surroundings by a name that means nothing else, and masked where they could show."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import config

from odoo.addons.ai_deployment.models.tools.credentials import credential, masked

URL = "https://hooks.example.com/services/T0000/B0000/verySecret?token=alsoSecret"


@tagged("post_install", "-at_install")
class TestCredentials(TransactionCase):
    def use_file(self, text):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = Path(folder, "odoo.conf")
        file.write_text(text)
        before = config["config"]
        config["config"] = str(file)
        self.addCleanup(config.__setitem__, "config", before)

    def test_the_environment_comes_first(self):
        self.use_file("[options]\n[ai_deployment]\ncredential_slack_sales = from the file\n")
        self.assertEqual(credential("SLACK_SALES"), "from the file")
        with patch.dict(os.environ, {"AI_DEPLOYMENT_CREDENTIAL_SLACK_SALES": " from the environment "}):
            self.assertEqual(credential("SLACK_SALES"), "from the environment")

    def test_what_is_not_there_is_empty(self):
        for text in ("[options]\n", "[ai_deployment]\n", "no section", "[ai_deployment]\nbroken\n", "\x00\xff"):
            with self.subTest(text=text):
                self.use_file(text)
                self.assertEqual(credential("NOT_THERE"), "")
        config["config"] = "/nowhere/odoo.conf"
        self.assertEqual(credential("NOT_THERE"), "")

    def test_odoos_own_options_are_not_read(self):
        self.use_file("[options]\ncredential_admin = x\nadmin_passwd = secret\n")
        for name in ("ADMIN", "ADMIN_PASSWD"):
            self.assertEqual(credential(name), "")

    def test_a_name_reaches_no_other_variable(self):
        with patch.dict(os.environ, {"AI_DEPLOYMENT_CREDENTIAL_": "x", "AI_DEPLOYMENT_CREDENTIAL_a": "y"}):
            for name in ("", None, False, "a", "PATH\n", "../PATH", "HOME "):
                with self.subTest(name=name):
                    self.assertEqual(credential(name), "")

    def test_a_secret_and_its_parts_are_masked(self):
        for text in (URL, "at /services/T0000/B0000/verySecret", "token alsoSecret", "B0000"):
            shown = masked(f"It failed: {text}.", URL)
            for part in ("verySecret", "alsoSecret", "T0000", "B0000"):
                self.assertNotIn(part, shown)
            self.assertIn("It failed", shown)
        self.assertEqual(masked("plain words", "word-of-pass"), "plain words")
        self.assertEqual(masked("word-of-pass", "word-of-pass"), "•••")
        self.assertEqual(masked("nothing set", ""), "nothing set")
