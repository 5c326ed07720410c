"""The table of alert kinds: its keys, and that it agrees with the code and with the page of operations."""

import ast
import re
from pathlib import Path

from odoo.fields import Domain
from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.alerting import alert_kinds
from odoo.addons.ai_deployment.models.alerting.ai_deployment_alert import AiDeploymentAlert
from odoo.addons.ai_deployment.models.alerting.alert_kinds import KINDS, RESTORED, Cause, of_kind

ADDON = Path(__file__).parents[2]
PAGE = (ADDON / "docs" / "operations.md").read_text()


def sections():
    """{heading: text of its section}, sections below it included."""
    parts = re.split(r"^(#{2,3} .+)$", PAGE, flags=re.MULTILINE)[1:]
    found = {}
    for line, text in zip(parts[::2], parts[1::2], strict=True):
        level, heading = line.split(" ", 1)
        if level == "##":
            above = heading
        else:
            found[above] += text
        found[heading] = text
    return found


@tagged("post_install", "-at_install")
class TestAlertKinds(BaseCase):
    def test_a_cause_is_composed_and_parsed(self):
        for key, cause in (
            ("version", Cause("version")),
            ("gate:open", Cause("gate", "open")),
            ("drift:country_id:missing", Cause("drift", "country_id:missing")),
        ):
            with self.subTest(key=key):
                self.assertEqual(Cause.parse(key), cause)
                self.assertEqual(str(cause), key)
                self.assertEqual(f"{cause}", key)

    def test_a_cause_without_a_subject_stands_for_its_kind(self):
        cause = Cause("performance", "slope")
        self.assertTrue(cause.is_about(Cause("drift"), Cause("performance")))
        self.assertTrue(cause.is_about(Cause("performance", "slope")))
        self.assertFalse(cause.is_about(Cause("performance", "auc"), Cause("drift")))
        self.assertFalse(cause.is_about())
        self.assertFalse(Cause("batches").is_about(Cause("batch")))

    def test_the_domain_of_a_kind_leaves_out_longer_names(self):
        drift = Domain("cause", "=", "drift") | Domain("cause", "=like", "drift:%")
        self.assertEqual(of_kind("drift"), drift)
        self.assertEqual(
            of_kind("drift", "sum"), drift | Domain("cause", "=", "sum") | Domain("cause", "=like", "sum:%")
        )

    def test_a_failing_channel_and_a_restored_database_stay_in_odoo(self):
        inside = [cause for cause in (*map(Cause, KINDS), RESTORED) if not cause.leaves_odoo]
        self.assertEqual(inside, [Cause("channel"), RESTORED])

    def test_only_the_test_alert_ends_when_it_is_read(self):
        self.assertEqual([kind.code for kind in KINDS.values() if kind.ends_when_read], ["trial"])

    def test_the_levels_are_those_of_an_alert(self):
        levels = {level for level, _name in AiDeploymentAlert.level._args__["selection"]}
        for kind in KINDS.values():
            with self.subTest(kind=kind.code):
                self.assertTrue(kind.levels and set(kind.levels) <= levels)

    def test_every_constant_is_a_row(self):
        constants = {
            value
            for name, value in vars(alert_kinds).items()
            if name.isupper() and isinstance(value, str) and name not in OTHER_CONSTANTS
        }
        self.assertEqual(constants, set(KINDS))

    def test_the_page_of_operations_says_what_to_do(self):
        page = sections()
        for kind in KINDS.values():
            with self.subTest(kind=kind.code):
                self.assertIn(kind.heading, page)
                named = re.search(rf"`{kind.code}[:`]", page[kind.heading])
                self.assertTrue(named, f"“{kind.heading}” does not name the kind {kind.code}")

    def test_the_page_names_no_kind_that_does_not_exist(self):
        for key in re.findall(r"\(`([a-z]+)(?::[^`]*)?`", sections()["Alerts"]):
            self.assertIn(key, KINDS)

    def test_no_cause_is_parsed_elsewhere(self):
        """`cause.startswith(…)`, `cause.partition(…)` and the like stand in `alert_kinds` only."""
        for file in sorted((ADDON / "models").rglob("*.py")):
            if file.name == "alert_kinds.py":
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in PARSING:
                    of = getattr(node.value, "attr", None) or getattr(node.value, "id", "")
                    with self.subTest(file=file.name, line=node.lineno):
                        self.assertNotEqual(of, "cause")


PARSING = {"startswith", "removeprefix", "partition", "rpartition", "split"}
OTHER_CONSTANTS = {"OWNER", "OWNER_AND_ADMINISTRATORS", "OWNER_AND_BUDGET_HOLDER", "ALERTS", "FAULTS"}
