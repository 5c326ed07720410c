"""A hold-out: by chance, some new records are scored and logged, but nobody is shown their score.

Only so can it be told what the score itself does: the two groups differ in nothing else. Who belongs to it is a hash of
the record, the same here and in SQL (`Holdout.sql` is `ml.routing.audit_selected`). Only records that came after it
began belong to it, so that no score disappears that somebody has seen.
A score that is hidden is hidden everywhere: on the record, in the lists of scores and of the log, and in reviews, which
are not asked for. The Auditor, who reads every row, is the one exception. A record that cannot be scored goes to a
person all the same: that says nothing of its score.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..deployment import events
from ..scoring.hiding import hides
from ..tools import clock
from ..tools.limits import LONGEST_TOLD
from ..tools.trust import own
from ..tools.wording import plain

if TYPE_CHECKING:
    from .router import Slate

MOST_HELD_OUT = 0.5  # share of records that may be held out


class HoldoutRule(NamedTuple):
    """Rule that decides whether a record is held out."""

    id: int  # of the deployment
    res_model: str
    share: float
    since: datetime

    @property
    def salt(self) -> str:
        return f"holdout {self.id}"

    def sql(self, alias: str) -> SQL:
        """Return SQL of whether the record of the table `alias` is held out."""
        return SQL("(%s >= %s AND %s)", SQL.identifier(alias, "create_date"), self.since, self.drawn_sql(alias))

    def drawn_sql(self, alias: str) -> SQL:
        """Return SQL of whether it belongs to the share, whenever it came, as `ml.routing.audit_selected` says it."""
        return SQL(
            "('x' || encode(substr(sha256(%s || convert_to(%s || %s::text, 'UTF8')), 1, 6), 'hex'))::bit(48)::int8"
            " < %s::float8",
            f"{self.salt}\0".encode(),
            f"{self.res_model},",
            SQL.identifier(alias, "id"),
            self.share * 2**48,
        )


class Holdout:
    """Held-out records are not reviewed and use no quota, unless scoring failed: then there is no score to hide."""

    def apply(self, slate: "Slate") -> None:
        held = held_out_ids(slate.deployment, slate.ids)
        if held:
            slate.keep([place for place, res_id in enumerate(slate.ids) if res_id not in held or slate.failed[place]])


def rule_of(deployment: BaseModel) -> HoldoutRule:
    """Return the hold-out of a deployment that has one."""
    return HoldoutRule(deployment.id, deployment.res_model, deployment.holdout_share, deployment.holdout_since)


def find_holdouts(deployments: BaseModel, res_model: str) -> tuple[HoldoutRule, ...]:
    """Return the hold-outs that are on among records of `res_model`.

    :param deployments: the model `ai.deployment`, in sudo
    """
    found = deployments.with_context(active_test=False).search(
        Domain("res_model", "=", res_model) & Domain("holdout_share", ">", 0) & Domain("holdout_since", "!=", False),
        order="id",
    )
    return tuple(rule_of(deployment) for deployment in found)


def held_out_ids(deployment: BaseModel, ids: Iterable[int]) -> set[int]:
    """Return those of the record `ids` whose score nobody is shown."""
    if not deployment.holdout_share or not deployment.holdout_since:
        return set()
    table = deployment.env[deployment.res_model]._table
    rows = deployment.env.execute_query(
        SQL(
            "SELECT id FROM %s WHERE id = ANY(%s) AND %s",
            SQL.identifier(table),
            list(ids),
            rule_of(deployment).sql(table),
        )
    )
    return {res_id for (res_id,) in rows}


@hides
def hidden_domain(lines: BaseModel) -> Domain:
    """Return the domain of the lines of `lines`' model whose score is hidden on purpose."""
    hidden, env = Domain.FALSE, lines.env
    for res_model in env["ai.deployment"]._target_models():
        for one in env["ai.deployment"]._holdouts(res_model):
            documents = env[res_model].sudo().with_context(active_test=False)
            query = documents._search(Domain("create_date", ">=", one.since))
            query.add_where(one.drawn_sql(documents._table))
            query.order = None
            hidden |= Domain("deployment_id", "=", one.id) & Domain("res_id", "in", query)
    return hidden


def hold_out(deployment: BaseModel, share: float, reason: str | None) -> None:
    """Hide the score of a share of new records from now on, with the rights of the user; 0 ends it.

    :raise AccessError: where the user is not the owner who begins it, or may not end it
    :raise UserError: where it is not possible, or no reason is given
    """
    deployment.ensure_one()
    deployment.check_access("read")
    env, known = deployment.env, deployment.sudo()
    if share and env.user != known.user_id:
        raise AccessError(env._("Only the owner, %s, may hide scores.", known.user_id.name))
    deployment._check_decides()
    if not 0 <= share <= MOST_HELD_OUT:
        raise ValidationError(env._("The hold-out group can be at most half of the records."))
    why = (reason or "").strip()
    if not why:
        raise UserError(env._("Enter a reason."))
    if share and not known.may_hold_out:
        raise UserError(env._("The scores of %s cannot be hidden.", env[known.res_model]._ai_words()["records"]))
    if share and known.state not in known._at_work_states():
        raise UserError(env._("“%s” is not live: there is no score to hide.", known.name))
    # What is known so far is measured: from now on other records have no score.
    events.follow(known, events.HOLDOUT_CHANGES)
    known.write(
        {
            "holdout_share": share,
            "holdout_since": clock.now() if share else False,
            "holdout_reason": why[:LONGEST_TOLD] if share else False,
        }
    )
    env[known.res_model].invalidate_model(["ai_score", "ai_confidence", "ai_score_date", "ai_reasons"], flush=False)
    own(known)._message_log(
        body=env._(
            "%(person)s: %(share)s %% of new records are in the hold-out group without a score. %(why)s",
            person=env.user.name,
            share=plain(env, 100 * share),
            why=why,
        ),
        author_id=env.user.partner_id.id,
    )
