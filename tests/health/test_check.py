"""Findings: their grades, their order, and what a check without an answer does."""

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.alerting.alert_kinds import VERSION, Cause
from odoo.addons.ai_deployment.models.health.check import (
    NOTICE,
    SEVERE,
    Check,
    Finding,
    InstanceCheck,
    by_severity,
    notice,
    severe,
)


@tagged("post_install", "-at_install")
class TestFindings(BaseCase):
    def test_a_severe_finding_says_whether_it_breaks_scoring(self):
        told_as = (Cause(VERSION),)
        self.assertEqual(severe("a", "b", "c"), Finding("a", SEVERE, "b", "c", breaks=False, told_as=()))
        self.assertEqual(
            severe("a", "b", "c", breaks=True, told_as=told_as),
            Finding("a", SEVERE, "b", "c", breaks=True, told_as=told_as),
        )

    def test_a_notice_never_breaks_scoring(self):
        self.assertEqual(notice("a", "b", "c"), Finding("a", NOTICE, "b", "c", breaks=False, told_as=()))
        with self.assertRaises(TypeError):
            notice("a", "b", "c", breaks=True)

    def test_severe_ones_come_first_and_the_order_is_kept_otherwise(self):
        found = [notice("1", "", ""), severe("2", "", ""), notice("3", "", ""), severe("4", "", "")]
        self.assertEqual([finding.code for finding in by_severity(found)], ["2", "4", "1", "3"])
        self.assertEqual([finding.code for finding in found], ["1", "2", "3", "4"], "the list itself is left alone")
        self.assertEqual(by_severity([]), [])

    def test_a_check_without_an_answer_fails(self):
        for check in (Check(), InstanceCheck()):
            with self.subTest(check=type(check).__name__), self.assertRaises(NotImplementedError):
                check.find(None, None)
