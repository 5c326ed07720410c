"""The registry of checks, the codes of their findings and the page of operations say the same."""

import ast
import inspect
import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.health import check as checks
from odoo.addons.ai_deployment.models.health.registry import (
    CHECKS,
    INSTANCE_CHECKS,
    INSTANCE_CODES,
    UNKNOWN,
)

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
GRADES = {"severe", "notice", "grade"}


def rows():
    """{code: (severe, about)} of the table of findings; a code that ends in “<input>” is a family."""
    text = PAGE.read_text()
    table = text[text.index("| finding | severe | about |") :].split("\n\n")[0]
    found = {}
    for line in table.splitlines()[2:]:
        codes, severe, about, _cure = (cell.strip() for cell in line.strip().strip("|").split("|", 3))
        for code in re.findall(r"`([^`]+)`", codes):
            found[code.replace("<input>", "")] = (severe, about)
    return found


def codes_in(cls):
    """The codes that a check gives to its findings, and how severe each is as far as the code says so itself."""
    for node in ast.walk(ast.parse(inspect.getsource(cls).lstrip())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GRADES and node.args:
            code = node.args[0]
            if isinstance(code, ast.JoinedStr):
                yield code.values[0].value, node.func.id
            elif isinstance(code, ast.Constant):
                yield code.value, node.func.id


@tagged("post_install", "-at_install")
class TestHealthRegistry(BaseCase):
    def test_every_code_belongs_to_one_check(self):
        codes = [code for check in (*CHECKS, *INSTANCE_CHECKS) for code in check.codes]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertTrue(all(check.codes for check in (*CHECKS, *INSTANCE_CHECKS)))
        self.assertEqual({code for check in INSTANCE_CHECKS for code in check.codes}, INSTANCE_CODES)

    def test_every_check_that_is_written_is_in_the_registry(self):
        for base, registry in ((checks.Check, CHECKS), (checks.InstanceCheck, INSTANCE_CHECKS)):
            self.assertEqual(set(base.__subclasses__()), {type(check) for check in registry})

    def test_a_check_finds_what_it_says_and_nothing_else(self):
        for check in (*CHECKS, *INSTANCE_CHECKS):
            found = {code for code, _grade in codes_in(type(check))}
            with self.subTest(check=type(check).__name__):
                self.assertLessEqual({code for code in found if not code.endswith("_")}, set(check.codes))
                begun = tuple(found)
                self.assertFalse([c for c in check.codes if begun and not c.startswith(begun) and c not in VARIABLE])

    def test_the_page_has_a_row_for_every_code_and_no_other(self):
        codes = {code for check in (*CHECKS, *INSTANCE_CHECKS) for code in check.codes} | {UNKNOWN}
        self.assertEqual(set(rows()), codes)

    def test_the_page_says_what_is_told_once_and_how_severe(self):
        page = rows()
        for check in (*CHECKS, *INSTANCE_CHECKS):
            grades = list(codes_in(type(check)))
            for code in check.codes:
                severe, about = page[code]
                with self.subTest(code=code):
                    self.assertEqual(about, "all" if code in INSTANCE_CODES else "one")
                    said = {grade for of, grade in grades if of == code}
                    if said in ({"severe"}, {"notice"}):
                        self.assertEqual(severe, "yes" if said == {"severe"} else "no")


# Named in a loop, not beside their grade.
VARIABLE = {"batch_paused", "batch_late"}
