"""Open reviews of leads that are merged into another one."""

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools.trust import own
from .expiry import set_aside


def follow_merge(reviews: BaseModel, survivor: BaseModel, gone: BaseModel) -> None:
    """Move the open reviews of the records in `gone` to `survivor`, one per deployment.

    The others expire: so does each where the survivor has an open one, or the deployment is not for its company.

    :param reviews: ai.deployment.review with all rights, whichever: the way to the model
    """
    env = reviews.env
    people = set().union(*gone._ai_makers().values())
    env["ai.deployment.edit"]._note(survivor, people)  # who made what went into it has made it as well
    about = Domain("res_model", "=", survivor._name) & Domain("res_id", "in", (survivor | gone).ids)
    found = reviews.search(about & Domain("state", "=", "open"), order="priority, deadline, id")
    for deployment, theirs in found.grouped("deployment_id").items():
        standing = theirs.filtered(lambda review: review.res_id == survivor.id)
        company = survivor.sudo().company_id
        fits = not company or company.id in deployment._company_ids()
        moved = (theirs if fits and not standing else theirs.browse())[:1]
        _close(theirs - standing - moved, survivor, standing | moved, "merged" if fits else "company")
        for review in moved:
            name = review._document().display_name
            review.write({"res_id": survivor.id, "company_id": (company or deployment.company_id).id})
            own(review)._message_log(body=env._("“%s” was merged into this record.", name))
    env[survivor._name].invalidate_model(["ai_needs_review"], flush=False)


def _close(closed: BaseModel, survivor: BaseModel, kept: BaseModel, reason: str) -> None:
    """Close the reviews `closed` and say so on them and on those that are `kept`."""
    env = closed.env
    names = {review: review._document().display_name for review in closed}
    set_aside(closed, reason)
    for review, name in names.items():
        review._message_log(body=env._("“%(one)s” was merged into “%(other)s”.", one=name, other=survivor.display_name))
        for going_on in kept:
            going_on._message_log(body=env._("“%s” was merged into this record, so this review covers both.", name))
