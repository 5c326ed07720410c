"""Eligibility as owner: checks of a user account, with the reason in words."""

from odoo.api import Environment
from odoo.models import BaseModel


def person_gap(deployment: BaseModel, person: BaseModel) -> str:
    """Return why `person` cannot answer for this deployment (any more), or an empty string.

    The account has to be active and internal, has to have the role Owner, and must be allowed to read the records that
    are scored. Only the account of Odoo itself and of the public are never a person.
    """
    env, person = deployment.env, person.sudo()
    if not person.active:
        return env._("%s is no longer active.", person.name)
    if person.share or person in system_users(env):
        return env._("%s is not an active internal user, as an owner has to be.", person.name)
    if not person.has_group("ai_deployment.group_owner"):
        return env._("%s does not have the role “Owner” of AI Deployment.", person.name)
    documents = env[deployment.res_model].with_user(person).sudo(False) if deployment.res_model in env else None
    if documents is not None and not documents.has_access("read"):
        words = documents._ai_words()
        return env._("%(person)s may not read %(records)s.", person=person.name, records=words["records"])
    return ""


def shared_login_gap(person: BaseModel) -> str:
    """Return why the account of `person` does not seem to belong to exactly one person, or an empty string.

    A person has an e-mail address of their own. One that another active account has too, or that is the company's, is
    shared. A login that several people use under one address of its own cannot be told from a person.
    """
    person = person.sudo()
    env, address = person.env, person.partner_id.email_normalized
    if not address:
        return env._("%s has no e-mail address to receive a personal request.", person.name)
    if address in person.company_ids.mapped("partner_id.email_normalized"):
        return env._("The address of %s belongs to the company, so it does not identify a person.", person.name)
    others = person.search(
        [("partner_id.email_normalized", "=", address), ("id", "!=", person.id), ("share", "=", False)], limit=1
    )
    if others:
        return env._(
            "%(person)s and %(other)s have the same e-mail address, so it does not identify a person.",
            person=person.name,
            other=others.name,
        )
    return ""


def system_users(env: Environment) -> BaseModel:
    """Return the accounts of Odoo itself that are never a person, as sudo records."""
    known = env["ir.model.data"]._xmlid_to_res_id  # cached, where `ref` reads the database each time
    return env["res.users"].sudo().browse([known("base.user_root"), known("base.public_user")])
