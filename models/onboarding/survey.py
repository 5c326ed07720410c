"""What the company's own records say before anything is built: how many, since when, how they ended, what lacks."""

import ast
from datetime import datetime
from typing import Any, NamedTuple

from odoo.models import BaseModel
from odoo.tools import format_date

from ..features.readable_inputs import reads_all
from ..tools import clock
from ..tools.wording import days_text, number, percent
from ..training.readiness import MIN_CASES, readiness

MIN_ROWS = 100  # records without an outcome, under which nothing is usual yet
LONG_ENOUGH_DAYS = 365  # of records, for seasons to be learned


class Survey(NamedTuple):
    """The findings: rows of (label, text), a verdict in one sentence, and whether a training can begin.

    `is_enough` is None where the user may not read all records, so that nothing is told.
    """

    rows: list[tuple[str, str]]
    sentence: str
    is_enough: bool | None


def survey(draft: BaseModel) -> Survey:
    """Look at the records of a deployment that is not made yet.

    :param draft: an unsaved ai.deployment with the rights of the user: he is told of what he may read
    """
    env, documents = draft.env, draft.env[draft.res_model].with_context(active_test=False)
    documents.check_access("read")
    ours = documents._ai_base_domain() & draft._company_domain()
    words = documents._ai_words()
    total = documents.search_count(ours)
    still = documents.search_count(ours & documents._ai_open_domain())
    rows = [
        (env._("Records"), env._("%(count)s %(records)s", count=number(env, total), records=words["records"])),
        (env._("Open Now"), number(env, still)),
    ]
    if total:
        [[first, latest]] = documents._read_group(ours, [], ["create_date:min", "create_date:max"])
        rows.append(
            (
                env._("Period"),
                env._("%(first)s to %(latest)s", first=format_date(env, first), latest=format_date(env, latest)),
            )
        )
        if "team_id" in documents._fields:
            teams = len(documents._read_group(ours, ["team_id"]))
            if teams == 1:
                rows.append((env._("Teams"), env._("One: nothing can be said by team.")))
            else:
                rows.append((env._("Teams"), number(env, teams)))
    if not reads_all(documents, draft._company_domain()):
        return Survey(rows, env._("You may not read all records, so whether they are enough is not shown."), None)
    if draft.method != "scorecard":
        return _without_outcome(draft, rows, words)
    return _with_outcome(draft, rows, words, total)


def lacking(sentence: str) -> Survey:
    """Return what is shown instead where the user may read no such record at all."""
    return Survey([], sentence, False)


def list_action(documents: BaseModel) -> dict[str, Any]:
    """Return the action that lists these documents, its list first and without filters set beforehand."""
    if not documents._ai_list_action:
        return {
            "type": "ir.actions.act_window",
            "name": documents._description,
            "res_model": documents._name,
            "views": [(False, "list"), (False, "form")],
        }
    action = documents.env["ir.actions.act_window"]._for_xml_id(documents._ai_list_action)
    context = ast.literal_eval(action["context"] or "{}")
    return {
        **action,
        "context": {name: value for name, value in context.items() if not name.startswith("search_default_")},
        "views": sorted(action["views"], key=lambda view: view[1] != "list"),
    }


def _with_outcome(draft: BaseModel, rows: list, words: dict[str, Any], total: int) -> Survey:
    env = draft.env
    wins, others = draft.sudo().env[draft.res_model]._ai_outcomes(draft.sudo()).counts(clock.now()) or (0, 0)
    known = wins + others
    rows.append(
        (
            env._("Outcome Known"),
            env._(
                "%(known)s, at least %(days)s old: %(wins)s %(positives)s and %(others)s %(negatives)s",
                known=number(env, known),
                days=days_text(env, draft.horizon_days),
                wins=number(env, wins),
                positives=words["positives"],
                others=number(env, others),
                negatives=words["negatives"],
            ),
        )
    )
    if known:
        rows.append((env._("Share Won"), percent(env, wins / known)))
    if missing := readiness(draft):
        if not total:
            return Survey(
                rows,
                env._(
                    "Not enough: there are no %(records)s yet. At least %(least)s %(positives)s and %(least)s "
                    "%(negatives)s are needed that are at least %(days)s old.",
                    records=words["records"],
                    least=MIN_CASES,
                    positives=words["positives"],
                    negatives=words["negatives"],
                    days=days_text(env, draft.horizon_days),
                ),
                False,
            )
        return Survey(rows, env._("Not enough: %s", missing), False)
    return Survey(
        rows,
        env._(
            "Enough for a first version: at least %(least)s %(positives)s and as many others are needed.",
            least=MIN_CASES,
            positives=words["positives"],
        ),
        True,
    )


def _without_outcome(draft: BaseModel, rows: list, words: dict[str, Any]) -> Survey:
    env, told = draft.env, draft.sudo()
    found = told.env[draft.res_model]._ai_training_rows(told, clock.now())
    rows.append((env._("To Learn From"), number(env, len(found))))
    if len(found) < MIN_ROWS:
        return Survey(
            rows,
            env._(
                "Not enough: %(found)s %(records)s to learn from, about %(least)s are needed to know what is usual.",
                found=number(env, len(found)),
                records=words["records"],
                least=MIN_ROWS,
            ),
            False,
        )
    first, latest = (_as_datetime(found[place][1]) for place in (0, -1))
    if (latest - first).days < LONG_ENOUGH_DAYS:
        return Survey(
            rows, env._("Enough to begin. With a whole year, what comes once a year would be known as well."), True
        )
    return Survey(rows, env._("Enough: they cover more than a year."), True)


def _as_datetime(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
