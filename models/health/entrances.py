"""Checks of how records come to a deployment: company, branches, ways in, silence, reports."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools import clock
from ..tools.wording import days_text, number, quoted
from .check import (
    Check,
    Finding,
    notice,
    severe,
)

STALE = timedelta(days=14)  # two reports that were not made


def _worked_for(deployment: BaseModel, duration: timedelta) -> bool:
    return clock.now() - (deployment.live_since or deployment.create_date) > duration


class Company(Check):
    """Its company is in use."""

    codes = ("company",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        company, env = deployment.company_id, deployment.env
        if not company.active:
            yield severe(
                "company",
                env._(
                    "Its company “%s” is archived, so no new records are created and nobody sees its scores.",
                    company.name,
                ),
                env._("Retire the deployment, or unarchive the company (Settings, Companies)."),
            )


class Branches(Check):
    """Branches of its company whose open records its filter leaves out, all of them."""

    codes = ("branches",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, branches = deployment.env, deployment._company_ids()[1:]
        if not branches:
            return
        documents = env[deployment.res_model].sudo()
        there = documents._ai_base_domain() & documents._ai_open_domain() & Domain("company_id", "in", branches)
        wanted = there & deployment._record_domain()
        seen = {company.id for [company] in documents._read_group(wanted, ["company_id"])}
        unseen = documents._read_group(there & Domain("company_id", "not in", list(seen)), ["company_id"], ["__count"])
        if unseen:
            yield notice(
                "branches",
                env._(
                    "It does not look at %(records)s of branches: %(branches)s.",
                    records=documents._ai_words()["records"],
                    branches=", ".join(f"{company.name} ({count})" for company, count in unseen),
                ),
                env._("Change “Only Records”, or create a deployment for the branch."),
            )


class Entrances(Check):
    """The ways in which records come, by themselves or by hand."""

    codes = ("action", "rule")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, words = deployment.env, deployment.env[deployment.res_model]._ai_words()
        entry, actions = deployment.action_server_id, facts.actions_of(deployment)
        if entry not in actions or not entry.binding_model_id:
            yield notice(
                "action",
                env._("The Action menu of %s has no entry for scoring.", words["records"]),
                env._("Suspend and resume the deployment: this creates a new entry."),
            )
        rules = actions.base_automation_id | actions.parent_id.base_automation_id
        if archived := rules.filtered(lambda rule: not rule.active):
            other_way = deployment._scores_by_itself() or archived != rules
            grade = notice if other_way else severe
            yield grade(
                "rule",
                env._("Automation rules that score with it are archived: %s", quoted(env, archived.mapped("name"))),
                env._("Unarchive the rule, or delete it if it is no longer wanted."),
            )


class Silence(Check):
    """Records are asked for, and some of them are its own."""

    codes = ("idle",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, asked = deployment.env, facts.asked[deployment.id]
        began = (deployment.live_since or deployment.create_date).date()
        since = max(filter(None, (asked.latest, began)))
        words = env[deployment.res_model]._ai_words()
        if not deployment.idle_days:
            return
        if (clock.today() - since).days > deployment.idle_days:
            yield severe(
                "idle",
                env._(
                    "No %(records)s have been requested since %(date)s.",
                    records=words["records"],
                    date=format_date(env, since),
                ),
                env._(
                    "Check “When Scored”, and the automation rule or users that used to request scores. If "
                    "such pauses are normal, increase “Expected Scoring Interval”."
                ),
            )
        elif (
            asked.lately
            and asked.cancelled >= asked.lately
            and _worked_for(deployment, timedelta(days=deployment.idle_days))
        ):
            yield severe(
                "idle",
                env._(
                    "Of %(count)s %(records)s requested lately (%(days)s), none belongs to this deployment.",
                    count=number(env, asked.lately),
                    records=words["records"],
                    days=days_text(env, deployment.idle_days),
                ),
                env._("Check “Only Records”, the company, and the access rights of the requesting users."),
            )


class Reports(Check):
    """Reports are made weekly once records come in; two that are missing are no accident."""

    codes = ("report",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, version = deployment.env, deployment.champion_id
        first_day, latest = facts.first_days.get(version.id), facts.reported.get(version.id)
        serving = deployment.assignment_ids.filtered(lambda a: a.role == "champion" and not a.end_date)[:1]
        if not first_day or clock.today() - first_day <= STALE or not _worked_for(deployment, STALE):
            return
        if clock.now() - serving.start_date <= STALE or (latest and clock.now() - latest <= STALE):
            return
        if latest:
            sentence = env._("The last report is dated %s; one a week is expected.", format_date(env, latest))
        else:
            sentence = env._(
                "There is no report yet, though %(records)s have been created since %(date)s.",
                records=env[deployment.res_model]._ai_words()["records"],
                date=format_date(env, first_day),
            )
        yield severe(
            "report",
            sentence,
            env._("Check the alerts of this deployment, and that “AI Deployment: monitoring” runs."),
        )
