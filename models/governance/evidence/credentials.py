"""The rule about credentials: no secret in clear, no administrator among those who score by an API key."""

import re
from collections.abc import Iterator
from datetime import timedelta

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...tools import clock
from ...tools.credentials import NAME, SECRET_OF, credential
from .rule import Evidence, Rule

KNOWN_PARAMETERS = {"ai_deployment.allowed_hosts", "ai_deployment.database", "ai_deployment.health_token_sha256"}
REQUEST_DAYS = 90  # over which the requests of a user are looked at
ASSIGNED = re.compile(
    r"(?i)(?:api[_-]?key|secret|token|passw(?:or)?d|authorization|bearer)\w*[\"']?\s*[=:,]?\s*(?:bearer\s+)?"
    r"[\"'][^\"'\s]{8,}[\"']"
)
KNOWN_FORMS = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}"
    r"|Bearer\s+[A-Za-z0-9._~+/-]{16,})|hooks\.slack\.com/services/\w|://[^/\s:@]+:[^/\s:@]+@"
)


def looks_like_a_secret(text: str | None) -> bool:
    """Return whether `text` holds something that looks like a credential in clear.

    >>> [looks_like_a_secret(text) for text in ("token = 'abcdef123456'", "https://u:pw@host/x", "model._cron()")]
    [True, True, False]
    """
    return bool(ASSIGNED.search(text or "") or KNOWN_FORMS.search(text or ""))


class Credentials(Rule):
    """Secrets are held by the server, and integrations have no more rights than they need."""

    code = "credentials"

    def find(self, check: BaseModel) -> Evidence:
        faults = [*self._named_credential_faults(), *self._clear_secret_faults(), *self._rights_faults()]
        if faults:
            return Evidence(False, " ".join(faults), clock.now())
        sentence = self.env._(
            "Credentials are stored on the server and only referred to by name; no secret was found in the "
            "parameters of this app or in its scoring actions (%(actions)s); no user of a scoring API key is an "
            "administrator. Other systems are not checked.",
            actions=len(self._scoring_actions()),
        )
        return Evidence(True, sentence, clock.now())

    def _named_credential_faults(self) -> Iterator[str]:
        """Yield the faults of webhooks: what they hold is not a name, or the server does not know the name."""
        for channel in self.deployment.channel_ids.filtered(
            lambda channel: channel.active and channel.kind == "webhook"
        ):
            if not NAME.fullmatch(channel.credential or ""):
                yield self.env._("A webhook contains something other than the name of its address.")
            elif not credential(channel.credential):
                yield self.env._("This server has no address named “%s”.", channel.credential)
            elif channel.frequency == "retraining" and not credential(f"{channel.credential}{SECRET_OF}"):
                yield self.env._("This server has no signing key named “%s”.", f"{channel.credential}{SECRET_OF}")

    def _clear_secret_faults(self) -> Iterator[str]:
        """Yield where something that looks like a secret stands in clear; it is never quoted."""
        parameters = self.env["ir.config_parameter"].search([("key", "=like", "ai_deployment.%")])
        for parameter in parameters:
            if parameter.key not in KNOWN_PARAMETERS and len(parameter.value or "") >= 20:
                yield self.env._("The parameter “%s” may contain a secret in plain text.", parameter.key)
            elif looks_like_a_secret(parameter.value):
                yield self.env._("The parameter “%s” contains a secret in plain text.", parameter.key)
        for action in self._scoring_actions():
            written = " ".join(filter(None, (action.code, action.webhook_url, action.value)))
            if looks_like_a_secret(written):
                yield self.env._("The server action “%s” contains a secret in plain text.", action.name)

    def _scoring_actions(self) -> BaseModel:
        """Return the server actions that score with this deployment, and those that run together with them."""
        actions = self.env["ir.actions.server"]
        scoring = actions.search([("ai_deployment_id", "=", self.deployment.id)])
        together = scoring | scoring.parent_id | scoring.parent_id.child_ids
        return together | together.base_automation_id.action_server_ids

    def _rights_faults(self) -> Iterator[str]:
        """Yield the people who score or review by an API key, as integrations do, and may administer."""
        people = self.deployment.user_id | self.deployment.deputy_id | self.deployment.reviewer_ids | self._requesters()
        keys = (
            self.env["res.users.apikeys"]
            .sudo()
            .search(
                Domain("user_id", "in", people.ids)
                & (Domain("expiration_date", "=", False) | Domain("expiration_date", ">", clock.now()))
            )
        )
        for person in keys.user_id.sorted("id"):
            if person.has_group("base.group_system") or person.has_group("ai_deployment.group_manager"):
                yield self.env._("%s uses an API key for scoring and is an administrator.", person.name)

    def _requesters(self) -> BaseModel:
        """Return the users who requested scores in the last months."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT user_id FROM ai_deployment_requested WHERE deployment_id = %s AND user_id IS NOT NULL"
                " AND day >= %s",
                self.deployment.id,
                clock.today() - timedelta(days=REQUEST_DAYS),
            )
        )
        return self.env["res.users"].browse(user_id for (user_id,) in rows).exists()
