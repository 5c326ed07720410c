"""What a form shows before anything is saved: no raw names of records, no empty notices.

Every form of the addon's own models is opened as the web client opens it: one `onchange` of a new record with the
fields of the view.
"""

import re

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

RAW = re.compile(r"\b[a-z_]+(\.[a-z_]+)+\(|NewId|<odoo|\bnan\b|\bNone\b|\bFalse\b")


@tagged("post_install", "-at_install")
class TestNewRecord(AiDeploymentCase):
    def specification(self, arch, model):
        """The fields of a view with those of the lists inside, as the web client asks for them."""
        spec = {}
        for node in arch.xpath(".//field[not(ancestor::field)]"):
            field = model._fields[node.get("name")]
            spec[field.name] = {}
            if field.type in ("one2many", "many2many"):
                spec[field.name] = {"fields": {}}
                inner = self.env[field.comodel_name]
                for child in node.xpath("./*[1]//field[not(ancestor::field[ancestor::field])]"):
                    if child.get("name") in inner._fields:
                        spec[field.name]["fields"][child.get("name")] = {}
            elif field.relational:
                spec[field.name] = {"fields": {"display_name": {}}}
        return spec

    def texts(self, values):
        """Every text in what an onchange returned."""
        for value in values.values() if isinstance(values, dict) else values:
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict | list | tuple):
                yield from self.texts(value)

    def opened(self, model, person):
        """(the form as an element, the values of a new record in it)."""
        model = model.with_user(person)
        arch = etree.fromstring(model.get_views([(False, "form")])["views"]["form"]["arch"])
        return arch, model.onchange({}, [], self.specification(arch, model))["value"]

    def empty_bars(self, arch, values):
        """The fields of the notices that show and say nothing."""
        known = dict.fromkeys(re.findall(r"\w+", " ".join(arch.xpath("//@invisible | //field/@name"))), False) | values
        for bar in arch.xpath("//div[contains(concat(' ', @class, ' '), ' alert ')]"):
            names = [node.get("name") for node in bar.xpath(".//field")]
            if names and not safe_eval(bar.get("invisible", "False"), dict(known)):
                yield from (name for name in names if not known[name])

    def test_no_form_of_a_new_record_shows_a_raw_name_or_an_empty_notice(self):
        names = self.env["ir.ui.view"].search([("type", "=", "form"), ("model", "=like", "ai.deployment%")])
        person, opened = self.env.ref("base.user_admin"), 0
        for name in sorted(set(names.mapped("model"))):
            model = self.env[name].with_user(person)
            if model._abstract or not model.has_access("create"):
                continue
            with self.subTest(model=name):
                arch, values = self.opened(model, person)
                self.assertFalse([text for text in self.texts(values) if RAW.search(text)])
                self.assertFalse(list(self.empty_bars(arch, values)))
                opened += 1
        self.assertGreater(opened, 10)

    def test_a_new_deployment_has_no_notice(self):
        arch, values = self.opened(self.env["ai.deployment"], self.owner)
        told = [node.get("name") for node in arch.xpath("//div[contains(@class, 'alert')]//field")]
        self.assertIn("poc_text", told)
        self.assertFalse({name: values[name] for name in told if values.get(name)})
        self.assertFalse(values["reference_text"])
