"""Missing requirements for training a first version."""

from typing import Literal

from odoo.models import BaseModel
from odoo.tools import format_date

from ..features.readable_inputs import reads_all
from ..tools import clock
from ..tools.wording import number

MIN_CASES = 15  # of either outcome, under which there is no version: Odoo's own estimate is better than a guess


def readiness(deployment: BaseModel) -> str | bool:
    """Return `missing_outcomes` for the user of `deployment`; figures only where he may read each counted record.

    Asked of the company, not of the filter: that a filter finds nothing is what it must not tell.
    """
    text, documents = missing_outcomes(deployment.sudo()), deployment.env[deployment.res_model]
    if not text or reads_all(documents, deployment._company_domain()):
        return text
    return deployment.env._("More outcomes are needed for training. Until then, Odoo's own estimate is used.")


def missing_outcomes(deployment: BaseModel) -> str | Literal[False]:
    """Return how many outcomes are missing until there can be a version, and which are there and count later.

    :return: False where there are enough, or none are needed.
    """
    documents, env = deployment.env[deployment.res_model], deployment.env
    outcomes = documents._ai_outcomes(deployment)
    counts = outcomes.counts(clock.now()) if deployment.method == "scorecard" else None
    if counts is None or min(counts) >= MIN_CASES:
        return False
    words = documents._ai_words()
    to_come = {True: [], False: []}
    for label, due in outcomes.to_come(clock.now()):
        to_come[label].append(due)
    missing = {True: max(MIN_CASES - counts[0], 0), False: max(MIN_CASES - counts[1], 0)}
    if any(to_come.values()) and all(len(to_come[side]) >= missing[side] for side in missing):
        return env._(
            "%(wins)s %(positives)s and %(others)s %(negatives)s exist, but a record counts only %(days)s "
            "days after its start: enough records will be available on %(day)s. If the records are older than "
            "their creation date in Odoo, set “Start Date”.",
            wins=number(env, counts[0] + len(to_come[True])),
            others=number(env, counts[1] + len(to_come[False])),
            days=deployment.horizon_days,
            positives=words["positives"],
            negatives=words["negatives"],
            day=format_date(env, max(to_come[side][least - 1] for side, least in missing.items() if least)),
        )
    rarer = 0 if counts[0] <= counts[1] else 1
    text = env._(
        "About %(missing)s more %(cases)s are needed for training: there are %(found)s so far. Until then, "
        "Odoo's own estimate is used. A wider “Only Records” makes more records count.",
        missing=number(env, MIN_CASES - counts[rarer]),
        cases=words[("positives", "negatives")[rarer]],
        found=number(env, counts[rarer]),
    )
    if not any(to_come.values()):
        return text
    first = min(min(dues) for dues in to_come.values() if dues)
    return env._(
        "%(text)s Of younger records, %(wins)s %(positives)s and %(others)s %(negatives)s count from %(day)s on.",
        text=text,
        wins=number(env, len(to_come[True])),
        others=number(env, len(to_come[False])),
        positives=words["positives"],
        negatives=words["negatives"],
        day=format_date(env, first),
    )
