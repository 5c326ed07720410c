"""Writing proposed values on records, and taking that back.

A value is written with the rights of a person: of the reviewer who answered, of who runs the server action, or of the
owner where it happens by itself. What stood there before is kept, a note on the record says who and why, and one click
takes it back as long as nothing else has changed the field.
"""

import logging
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..alerting.alert_kinds import WRITING
from ..tools import clock, faults
from ..tools.existence import has_any
from ..tools.limits import LONGEST_TOLD
from ..tools.told import told
from ..tools.trust import own
from ..tools.wording import number
from .agreement import proved_confidence
from .values import of_record, text_of, to_write

_logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500  # proposals that one run of the job writes
SAME = "same"


def due_proposals(deployment: BaseModel, ids: Iterable[int] | None = None) -> BaseModel:
    """Return the latest proposals of the serving version that are above their proved confidence and not written yet.

    Of records that are still open, and of fields that no person has judged on them: what a person said stands.

    :param deployment: `ai.deployment`, in sudo
    :param ids: of the records asked about; all by default
    """
    env, proposals, lines = deployment.env, deployment.env["ai.deployment.proposal"], {}
    for answer in deployment.answer_field_ids.filtered(lambda each: each.writing == "proved"):
        line = proved_confidence(answer)
        if line is not None:
            lines[answer.key] = line
    if not lines or deployment.state != "production":
        return proposals
    env.flush_all()
    documents = env[deployment.res_model].with_context(active_test=False)
    still = deployment._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
    proved = SQL(" OR ").join(
        SQL("(proposal.key = %s AND proposal.confidence >= %s)", key, line) for key, line in lines.items()
    )
    rows = env.execute_query(
        SQL(
            "SELECT proposal.id FROM ai_deployment_proposal proposal WHERE proposal.version_id = %s"
            " AND proposal.failure_type IS NULL AND proposal.verdict IS NULL AND proposal.written_date IS NULL"
            " AND proposal.left_reason IS NULL AND (%s) AND %s AND proposal.res_id IN %s"
            " AND NOT EXISTS (SELECT FROM ai_deployment_proposal later WHERE later.deployment_id = %s"
            "  AND later.res_id = proposal.res_id AND later.key = proposal.key AND later.id > proposal.id)"
            " AND NOT EXISTS (SELECT FROM ai_deployment_proposal judged WHERE judged.deployment_id = %s"
            "  AND judged.res_id = proposal.res_id AND judged.key = proposal.key AND judged.verdict IS NOT NULL)"
            " AND EXISTS (SELECT FROM ai_deployment_inference line WHERE line.id = proposal.inference_id"
            "  AND line.failure_type IS NULL AND (line.route = 'automatic' OR line.review_reason = 'audit'))"
            " ORDER BY proposal.id LIMIT %s",
            deployment.champion_id.id,
            proved,
            SQL("TRUE") if ids is None else SQL("proposal.res_id = ANY(%s)", list(ids)),
            documents._search(still & deployment._company_domain(), bypass_access=True).subselect(),
            deployment.id,
            deployment.id,
            MOST_AT_ONCE,
        )
    )
    return proposals.browse(proposal_id for (proposal_id,) in rows)


def write_due(deployment: BaseModel, user: BaseModel, ids: Iterable[int] | None = None) -> dict[str, int]:
    """Write the proposals that are due, with the rights of `user`; return {"written", "same", "left"}.

    :param deployment: `ai.deployment`, in sudo
    """
    found = {"written": 0, SAME: 0, "left": 0}
    for proposal in due_proposals(deployment, ids):
        found[write_value(proposal, proposal.value or "", user)] += 1
    if found["left"]:
        _tell_left(deployment, found["left"])
    return found


def write_value(proposal: BaseModel, stored: str, user: BaseModel, by_person: bool = False) -> str:
    """Write the value `stored` on the record of `proposal`, with the rights of `user`; return what came of it.

    :param proposal: in sudo
    :param by_person: whether `user` said that this is the value
    :return: "written", "same" where it stood there already, "left" where it could not be written
    """
    env = proposal.env
    companies = {"allowed_company_ids": user.company_ids.ids}
    document = env[proposal.res_model].with_user(user).with_context(**companies).browse(proposal.res_id).exists()
    try:
        with env.cr.savepoint():
            if not document:
                raise UserError(env._("The record has been deleted."))
            document.check_access("write")
            field = _field(document, proposal.key)
            before = of_record(document.sudo(), proposal.key)
            if before == stored:
                proposal.left_reason = env._("The record has this value already.")
                return SAME
            if not by_person and before != (proposal.stood_value or ""):
                raise UserError(env._("The value was changed since it was proposed."))
            document.write({proposal.key: to_write(field.type, stored)})
            env.flush_all()
            after = of_record(document.sudo(), proposal.key)
            values = {"written_value": after, "old_value": before, "written_date": clock.now()}
            proposal.write({**values, "written_by_id": user.id, "left_reason": False})
            _note(proposal, user, before, after, by_person)
    except Exception as error:
        if faults.is_of_the_moment(error):
            raise
        if not isinstance(error, UserError):
            faults.log_fault(_logger, f"A value of {proposal.res_model},{proposal.res_id} cannot be written", error)
        why = str(error) if isinstance(error, UserError) else env._("Odoo refused it: %s", type(error).__name__)
        proposal.left_reason = why[:LONGEST_TOLD]
        return "left"
    return "written"


def _note(proposal: BaseModel, user: BaseModel, before: str, after: str, by_person: bool) -> None:
    """Log on the record what was written, with the values before and after."""
    env, document = proposal.env, own(proposal._document())
    if not hasattr(document, "_message_log"):
        return
    deployment = proposal.deployment_id
    label = document._fields[proposal.key]._description_string(env)
    body = Markup("%s<br/>%s: %s → %s") % (
        env._("%(deployment)s: value entered in a review", deployment=deployment.name)
        if by_person
        else env._("%(deployment)s: value written above the proved confidence", deployment=deployment.name),
        label,
        text_of(document, proposal.key, before) or "–",
        text_of(document, proposal.key, after) or "–",
    )
    document._message_log(body=body, author_id=user.partner_id.id)


def _tell_left(deployment: BaseModel, count: int) -> None:
    deployment.env["ai.deployment.alert"]._raise(
        deployment,
        WRITING,
        name=told(
            deployment.env,
            lambda env: env._("1 proved value could not be written")
            if count == 1
            else env._("%s proved values could not be written", number(env, count)),
        ),
        suggestion=told(
            deployment.env,
            lambda env: env._(
                "Open the proposed values with “Not Written”: it says why. Values are written with the rights of the "
                "owner."
            ),
        ),
    )


def _field(document: BaseModel, key: str) -> Any:
    """Return the ORM's field; raise a sentence where it has been deleted since."""
    field = document._fields.get(key)
    if field is None:
        raise UserError(document.env._("The field has been deleted."))
    return field


# Taking back


def check_may_undo(proposal: BaseModel) -> None:
    """Raise unless the current user can take back what was written.

    :raise UserError: where nothing was written, it was undone, or something has changed the field since
    :raise AccessError: where the user may not write the record
    """
    env, known = proposal.env, proposal.sudo()
    if not known.written_date or known.undone_date:
        raise UserError(env._("There is nothing to undo."))
    document = proposal._document()
    if not document:
        raise UserError(env._("The record has been deleted."))
    document.check_access("write")
    field = _field(document, known.key)
    document._check_field_access(field, "write")
    if field.type == "many2one" and known.old_value:
        if not known.env[field.comodel_name].browse(int(known.old_value)).exists():
            raise UserError(env._("The value before has been deleted."))
    if of_record(document.sudo(), known.key) != (known.written_value or ""):
        raise UserError(env._("The value was changed since: it is not undone."))
    later = Domain("deployment_id", "=", known.deployment_id.id) & Domain("res_id", "=", known.res_id)
    later &= Domain("key", "=", known.key) & Domain("written_date", ">", known.written_date)
    if has_any(known, later & Domain("undone_date", "=", False) & Domain("id", "!=", known.id)):
        raise UserError(env._("A later value was written: undo that one first."))


def undo(proposal: BaseModel) -> None:
    """Write the old value back, with the rights of the current user; what was written counts as wrong.

    All of it or nothing: where Odoo refuses, nothing of the attempt stays for who goes on after the error.
    """
    check_may_undo(proposal)
    env, known, document = proposal.env, proposal.sudo(), proposal._document()
    with env.cr.savepoint():
        document.write({known.key: to_write(_field(document, known.key).type, known.old_value or "")})
        env.flush_all()
    values = {"undone_date": clock.now(), "undone_by_id": env.uid}
    if not known.verdict:
        values.update(verdict="undone", judged_by_id=env.uid, judged_date=clock.now())
    known.write(values)
    noted = own(document)
    if hasattr(noted, "_message_log"):
        noted._message_log(
            body=env._(
                "%(deployment)s: the value of “%(field)s” was undone by %(person)s.",
                deployment=known.deployment_id.name,
                field=document._fields[known.key]._description_string(env),
                person=env.user.name,
            ),
            author_id=env.user.partner_id.id,
        )
