"""Ask the company's own rule, a server action, for the figure of each record, and keep the figures.

A list has to sort and search by these figures, so they are kept beside the records, as scores are: worked out when they
come into use, and again every hour while they are. The rule only returns figures: whatever else it does is undone.
Its code gets `records` and sets `action` to {record id: figure from 0 to 1}.
"""

import logging
import math
from typing import Any

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, split_every

from ..alerting.alert_kinds import FALLBACK, Cause
from ..tools import batch_insert
from ..tools.existence import has_any
from ..tools.faults import fault_text
from ..tools.kept_open import forbidden_names, kept_open
from ..tools.told import told
from .rollback import undone

_logger = logging.getLogger(__name__)

RULE = "rule"
CAUSE = Cause(FALLBACK, "rule")  # of the alert
AT_ONCE = 1000  # records that a rule is asked about at a time


class RuleFigures:
    """The figures that the rule of one deployment returns.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    def are_used(self) -> bool:
        """Return whether figures of a rule are, or may be, shown now."""
        deployment = self.deployment
        return deployment.fallback == RULE and bool(deployment.fallback_since or deployment.fallback_below)

    def exist(self) -> bool:
        """Return whether any figure is kept."""
        figures = self.env["ai.deployment.fallback.figure"]
        return has_any(figures, Domain("deployment_id", "=", self.deployment.id))

    def forget(self) -> None:
        """Delete the figures, and resolve the alert that the rule failed."""
        self._delete()
        self.env["ai.deployment.alert"]._resolve(self.deployment, CAUSE)

    def update(self) -> None:
        """Ask the rule about all open records, and keep its figures; forget them where they are not used.

        A rule that fails leaves the figures as they were, and raises an alert.
        """
        if not self.are_used():
            self.forget()
            return
        alerts = self.env["ai.deployment.alert"]
        try:
            figures = self.ask_all()
        except Exception as error:  # noqa: BLE001 - people wrote it: whatever is wrong with it becomes an alert
            _logger.info("The rule shown instead by deployment %s failed", self.deployment.id, exc_info=True)
            why, action = fault_text(error), self.deployment.fallback_action_id
            alerts._raise(
                self.deployment,
                CAUSE,
                name=told(self.env, lambda env: env._("The fallback rule failed: %s", why)),
                suggestion=told(
                    self.env,
                    lambda env: env._(
                        "Ask an administrator to correct the server action “%s”.", action.with_env(env).name
                    ),
                ),
            )
            return
        alerts._resolve(self.deployment, CAUSE)
        self._delete()
        batch_insert.insert(
            self.env,
            "ai_deployment_fallback_figure",
            {
                "deployment_id": ("int4", self.deployment.id),
                "res_id": ("int4", list(figures)),
                "value": ("float8", list(figures.values())),
            },
        )
        self.env["ai.deployment.fallback.figure"].invalidate_model(flush=False)

    def _delete(self) -> None:
        self.env.cr.execute(
            SQL("DELETE FROM ai_deployment_fallback_figure WHERE deployment_id = %s", self.deployment.id)
        )

    def ask_all(self) -> dict[int, float]:
        """Return {record id: figure} of all open records, as the rule sets them."""
        deployment, documents = self.deployment, self.env[self.deployment.res_model]
        domain = deployment._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
        domain &= deployment._company_domain()
        figures: dict[int, float] = {}
        for ids in split_every(AT_ONCE, documents.search(domain, order="id").ids):
            figures.update(self.ask(documents.browse(ids)))
        return figures

    def ask(self, records: BaseModel) -> dict[int, float]:
        """Return {record id: figure} that the rule sets for `records`; whatever else it does is undone.

        :raise UserError: the rule tries to end the transaction, or sets no figures from 0 to 1 of these records
        """
        action = self.deployment.fallback_action_id
        if action.state != "code":
            raise UserError(self.env._("“%s” is not a rule for these records.", action.name))
        if names := forbidden_names(action.code):
            raise UserError(self.env._("it may not use “%s”, which ends a transaction.", ", ".join(names)))
        with undone(self.env), kept_open(self.env):
            returned = action.with_context(
                active_model=records._name, active_ids=records.ids, active_id=records.ids[0]
            ).run()
        return self._checked(returned, records)

    def _checked(self, returned: Any, records: BaseModel) -> dict[int, float]:
        if not isinstance(returned, dict):
            raise UserError(self.env._("it set no values: “action” has to be a value for each record."))
        known, figures = set(records.ids), {}
        for res_id, value in returned.items():
            if res_id not in known:
                raise UserError(self.env._("it returned a record that was not requested: %s.", res_id))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise UserError(
                    self.env._("“%(value)s” of record %(id)s is not a number from 0 to 1.", value=value, id=res_id)
                )
            figures[res_id] = float(value)
        if any(math.isnan(value) for value in figures.values()):
            raise UserError(self.env._("one of its values is not a number."))
        return figures
