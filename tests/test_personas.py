"""A day of each persona in a browser, at the width of a screen and of a phone, in English and in German.

On each page that a persona lives in: no error in the browser's console, nothing that sticks out of a phone, no text of
ours in English for those who read German, and nothing serious for who uses a screen reader (with axe, where
``dev/test nightly`` has found it).
"""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import polib

from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.gate.common import GateCase

PERSONAS = {
    "administrator": "ai_manager",
    "seller": "ai_seller",
    "accountant": "gate_ann",
    "owner": "ai_owner",
    "approver": "ai_reviewer",
    "auditor": "ai_auditor",
}
SIZES = {"screen": "1400x900", "phone": "390x844"}
GERMAN = Path(__file__).parents[1] / "i18n" / "de.po"
AXE = "AI_DEPLOYMENT_AXE"  # names the file of axe-core
HANDED = "/ai_deployment/tests/"  # addresses of what the browser is handed
MIMETYPES = {".js": "text/javascript", ".json": "application/json"}
PLACEHOLDER = re.compile(r"%\([a-z_0-9]+\)[sdr]|%[sd]|%%|\{[^}\s]*\}")
TAG = re.compile(r"<[^>]*>")
# Words of ours that are Odoo's as well: English wherever Odoo's own translations are not installed.
OF_ODOO = frozenset(
    [
        *("Activity", "Archive", "Cancel", "Close", "Discard", "Duplicate", "Export", "New", "Open", "Remove", "Save"),
        *("Company", "Country", "Created by", "Created on", "Customer", "Date", "Email", "High", "Language", "Lost"),
        *("Low", "Priority", "Reference", "Settings", "Source", "Stage", "Status", "Total", "Type", "Unarchive"),
        *("Vendor", "Won"),
    ]
)


def squeezed(text):
    return " ".join(text.split())


def english_terms():
    """Return what reads differently in German: whole texts, and expressions for those with placeholders."""
    terms, patterns = set(), set()
    for entry in polib.pofile(str(GERMAN)):
        said = {squeezed(piece) for piece in TAG.split(entry.msgstr)}
        for piece in {squeezed(piece) for piece in TAG.split(entry.msgid)} - said - OF_ODOO:
            words = PLACEHOLDER.split(piece)
            if len(words) == 1 and re.search("[A-Za-z]{3}", piece):
                terms.add(piece)
            elif max(len(re.findall("[A-Za-z]{2,}", word)) for word in words) > 1:  # more than "of" between two numbers
                patterns.add(".+".join(re.sub(r"[\\^$.*+?()[\]{}|/]", r"\\\g<0>", word) for word in words))
    return {"terms": sorted(terms), "patterns": sorted(patterns)}


class LanguageCase(HttpCase):
    """A database in which everything that follows is written in the language of the class."""

    language = "en_US"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.language != "en_US":
            cls.env["res.lang"]._activate_lang(cls.language)
            cls.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations(cls.language)
            cls.env = cls.env(context={**cls.env.context, "lang": cls.language})


class PersonaCase(GateCase, LanguageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = clock.now()
        cls.jobs_ran(cls.now)
        cls.manager.group_ids += cls.env.ref("base.group_system") + cls.env.ref("sales_team.group_sale_manager")
        cls.deployment.review_date = cls.now.date() + timedelta(days=90)
        cls.deployment._score(cls.make_leads(name="Good lead", expected_revenue=20000), now=cls.now)
        cls.deployment.write(
            {"floor_auc": 0.6, "fallback": "incumbent", "score_on_change": True, "state": "production"}
        )
        cls.env["ai.deployment.alert"]._raise(cls.deployment, "drift:country_id:missing", name="31 %")
        held = cls.make_bill()
        cls.gate._score(held)
        event = {"kind": "held", "date": cls.now, "user_id": cls.ann.id, "company_id": held.company_id.id}
        about = {"deployment_id": cls.gate.id, "res_model": "account.move", "res_id": held.id}
        cls.env["ai.deployment.gate.event"].sudo().create({**event, **about})
        cls.pays_late = cls.make_deployment(name="Who pays late", approver_id=cls.reviewer.id, is_primary=False)
        cls.serve(cls.pays_late, cls.card())
        cls.pays_late.state = "shadow"
        cls.env["res.users"].search([("login", "in", list(PERSONAS.values()))]).write({"lang": cls.language})
        looked_for = {"terms": [], "patterns": []} if cls.language == "en_US" else english_terms()
        cls.hand_over("persona.json", json.dumps({**looked_for, "axe": cls.axe()}).encode())

    @classmethod
    def hand_over(cls, name, raw):
        values = {"name": name, "type": "binary", "public": True, "url": f"{HANDED}{name}", "raw": raw}
        return cls.env["ir.attachment"].create({**values, "mimetype": MIMETYPES[Path(name).suffix]}).url

    @classmethod
    def axe(cls):
        """Return the address of axe, or None where it is not looked for."""

    def spend_day(self, persona, size):
        self.browser_size = SIZES[size]
        self.touch_enabled = size == "phone"
        self.start_tour("/odoo", f"ai_deployment_persona_{persona}", login=PERSONAS[persona], timeout=180)


@tagged("post_install", "-at_install", "ai_tour")
class TestPersonas(PersonaCase):
    """By day: three of them, in English."""

    def test_seller_on_phone(self):
        self.spend_day("seller", "phone")

    def test_approver_on_screen(self):
        self.spend_day("approver", "screen")

    def test_auditor_on_phone(self):
        self.spend_day("auditor", "phone")


@tagged("post_install", "-at_install", "ai_tour")
class TestPersonasInGerman(PersonaCase):
    """By day: the other three, in German."""

    language = "de_DE"

    def test_accountant_on_screen(self):
        self.spend_day("accountant", "screen")

    def test_owner_on_phone(self):
        self.spend_day("owner", "phone")

    def test_administrator_on_screen(self):
        self.spend_day("administrator", "screen")


class EveryDayCase(PersonaCase):
    @classmethod
    def axe(cls):
        file = os.environ.get(AXE)
        return file and cls.hand_over("axe.js", Path(file).read_bytes())

    def spend_days(self, size):
        for persona in PERSONAS:
            with self.subTest(persona=persona), self.cr.savepoint():
                self.spend_day(persona, size)


@tagged("post_install", "-at_install", "ai_nightly")
class TestEveryPersona(EveryDayCase):
    def test_on_screen(self):
        self.spend_days("screen")

    def test_on_phone(self):
        self.spend_days("phone")


@tagged("post_install", "-at_install", "ai_nightly")
class TestEveryPersonaInGerman(EveryDayCase):
    language = "de_DE"

    def test_on_screen(self):
        self.spend_days("screen")

    def test_on_phone(self):
        self.spend_days("phone")
