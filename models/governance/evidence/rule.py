"""The base of the rules that prove rows of a checklist, and the result of a rule."""

from typing import Any, ClassVar, NamedTuple

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import format_date


class Evidence(NamedTuple):
    """The result of a rule."""

    is_met: bool
    sentence: str  # what was found, or what is missing, in words that a colleague in finance understands
    date: Any = False  # the date of the evidence: a date or datetime, naive UTC; none where it is of now
    record: Any = None  # the record that proves it and can be opened
    is_broken: bool = False  # the rule itself failed


class Rule:
    """Prove one row of the checklist of one deployment. Subclasses are listed in the table `RULES` by their code.

    `find` is called with sudo records. `satisfy` is called with the rights of the person who presses the button.
    """

    code: ClassVar[str]
    reads_documents: ClassVar[bool] = False  # whether `satisfy` needs the right to read leads or bills

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env: Environment = deployment.env

    def find(self, check: BaseModel) -> Evidence:
        """Look for evidence in the records.

        :param check: the row, with what the rule compares with (`least`)
        """
        raise NotImplementedError

    def satisfy(self, check: BaseModel) -> dict | bool:
        """Return the action that helps to satisfy the row; by default a dialog with the fields that it is about."""
        return self._open_fields(check.name)

    def _open_fields(self, title: str) -> dict:
        """Open the fields of the deployment that this rule reads (`ai_deployment_view_form_row`)."""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "ai.deployment",
            "res_id": self.deployment.id,
            "views": [(self.env.ref("ai_deployment.ai_deployment_view_form_row").id, "form")],
            "target": "new",
            "context": {"ai_row": self.code},
        }

    def _no_version(self) -> Evidence:
        return Evidence(False, self.env._("No version serves yet."))


class DrillRule(Rule):
    """Prove a row by the latest drill of a kind, if it was made with the serving version."""

    kind: ClassVar[str]

    def find(self, check: BaseModel) -> Evidence:
        version = self.deployment.champion_id
        if not version:
            return self._no_version()
        drill = self.env["ai.deployment.drill"].search(
            [("deployment_id", "=", self.deployment.id), ("kind", "=", self.kind)], limit=1
        )
        if not drill:
            return Evidence(False, self.env._("There was no such drill yet."))
        if drill.version_id != version:
            sentence = self.env._(
                "The latest drill, on %(day)s, tested %(version)s, which no longer serves.",
                day=format_date(self.env, drill.date),
                version=drill.version_id.name,
            )
            return Evidence(False, sentence, drill.date, drill)
        return Evidence(drill.is_passed, drill._verdict(), drill.date, drill)

    def satisfy(self, check: BaseModel) -> dict | bool:
        """Make a drill now, look at the row again and show how the drill went."""
        action = self.deployment._run_drill(self.kind)
        check._refresh()
        return action
