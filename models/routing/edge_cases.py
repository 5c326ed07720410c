"""Edge cases: records that a deployment must not decide are reviewed, and that is tried on real ones.

Trying a case runs the real scoring on real records and takes everything back: what counts is where they ended.
"""

from typing import TYPE_CHECKING, NamedTuple

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ...ml.routing import EDGE_CASE
from ..tools.wording import number
from .holdout import held_out_ids

if TYPE_CHECKING:
    from .router import Slate

TRIED = 20  # real records, the latest, that show where a case ends


class EdgeCases:
    """Send what a deployment must not decide to human review, however confident its score is."""

    def apply(self, slate: "Slate") -> None:
        deployment = slate.deployment
        if not deployment.has_edge_cases:
            return
        cases = deployment.edge_case_ids.filtered(lambda case: case.instead == "person")
        documents = deployment.env[deployment.res_model].sudo().with_context(active_test=False)
        found = set(documents.search(Domain("id", "in", slate.ids) & Domain.OR(case._domain() for case in cases)).ids)
        for place, res_id in enumerate(slate.ids):
            if res_id in found and not slate.failed[place]:
                slate.why[place] = EDGE_CASE


class Trial(NamedTuple):
    """Result of testing an edge case."""

    is_proved: bool
    tested_count: int
    sentence: str


def try_case(case: BaseModel) -> Trial:
    """Try an edge case on the latest real records of it that the user may read.

    :param case: record of `ai.deployment.edge.case`, in sudo
    :raise UserError: where the deployment is not at work
    """
    return TRIALS[case.instead](case)


def _try_person(case: BaseModel) -> Trial:
    deployment, env = case.deployment_id, case.env
    if deployment.state not in deployment._at_work_states():
        raise UserError(env._("“%s” is not live: start shadow first.", deployment.name))
    records = _records(case, deployment._record_domain())
    if not records:
        return Trial(False, 0, env._("No real record matches, so it could not be tested."))
    routes = _routes(deployment, records)
    lost = [record.id for record in records if routes.get(record.id) != "review"]
    if not lost:
        return Trial(
            True, len(records), env._("All of %s real records were sent to human review.", number(env, len(records)))
        )
    return Trial(
        False,
        len(records),
        env._(
            "Only %(count)s of %(all)s real records were sent to human review; number %(id)s was not.",
            count=number(env, len(records) - len(lost)),
            all=number(env, len(records)),
            id=lost[0],
        ),
    )


def _try_outside(case: BaseModel) -> Trial:
    env = case.env
    known = _records(case, Domain.TRUE)
    if not known:
        return Trial(False, 0, env._("No real record matches, so it could not be tested."))
    scored = _records(case, case.deployment_id._record_domain())
    if scored:
        return Trial(
            False,
            len(known),
            env._("Record %s matches, but is scored: correct “Only Records”.", scored[0].id),
        )
    return Trial(True, len(known), env._("None of %s real records is scored.", number(env, len(known))))


def _try_drill(case: BaseModel) -> Trial:
    """Look at the drill that is named, else at the latest of the fallback, for the version that serves."""
    drills, deployment, env = case.env.get("ai.deployment.drill"), case.deployment_id, case.env
    if drills is None:
        return Trial(False, 0, env._("There are no drills in this database."))
    domain = Domain("deployment_id", "=", deployment.id) & Domain("version_id", "=", deployment.champion_id.id)
    domain &= Domain("id", "=", case.drill_id) if case.drill_id else Domain("kind", "=", "fallback")
    drill = drills.sudo().search(domain, order="date desc, id desc", limit=1)
    if not drill:
        return Trial(False, 0, env._("No drill of the serving version confirms it."))
    if not drill.is_passed:
        return Trial(False, 0, env._("“%s” was not passed.", drill.display_name))
    return Trial(True, 0, env._("Confirmed by “%s”.", drill.display_name))


# What is done instead of deciding: how that is tried.
TRIALS = {"person": _try_person, "outside": _try_outside, "drill": _try_drill}


def _records(case: BaseModel, domain: Domain) -> BaseModel:
    """Return the latest real records of the case, and of `domain`, that are not held out, with the user's rights."""
    deployment = case.deployment_id
    documents = case.env[deployment.res_model].sudo(False).with_context(active_test=False)
    if not documents.has_access("read"):
        return documents.browse()
    domain = Domain(domain) & case._domain() & documents._ai_base_domain() & deployment._company_domain()
    records = documents.search(domain, order="id desc", limit=2 * TRIED)
    held = held_out_ids(deployment, records.ids)
    return records.filtered(lambda record: record.id not in held)[:TRIED]


class _TakeBack(Exception):
    """Ends a trial: what it did is rolled back."""


def _routes(deployment: BaseModel, records: BaseModel) -> dict[int, str]:
    """Return where each of `records` ends when it is scored now, by id; nothing of it stays."""
    lines, routes = deployment.env["ai.deployment.inference"], {}
    latest = lines.search([], order="id desc", limit=1).id or 0
    try:
        with deployment.env.cr.savepoint():
            deployment._score(records, again=True)
            found = lines.search(
                Domain("deployment_id", "=", deployment.id)
                & Domain("res_id", "in", records.ids)
                & Domain("id", ">", latest),
                order="id",
            )
            routes = {line.res_id: line.route for line in found}
            raise _TakeBack
    except _TakeBack:
        deployment.env.invalidate_all(flush=False)
    return routes
