"""What a version flags, by strongest reason: before it serves with examples, later with what reviewers confirmed.

An input that is the reason of a third of all flags and is confirmed in one of ten wants a lower weight, or is context.
"""

from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.anomaly import unseen_earlier
from ...ml.columns import CATEGORY, Column
from ...ml.errors import ArtifactRejected
from ...ml.flagged import strongest_reasons

EXAMPLES = 3  # of each reason
MOST_REVIEWS = 2000  # the latest, that say what is confirmed


def flagged_by_reason(
    card: Any, specs: list[dict], columns: dict[str, Column], ids: list[int], flag_rate: float
) -> dict[str, Any]:
    """Return the most unusual of the later half of the records that `card` learned from, as many as it shall flag.

    As plain JSON: `rows` looked at, `flagged` of these; `reasons`: [{"key", "count", "ids"}] with the most unusual as
    examples, the commonest reason first; `growing`: {key: share} of the categories whose values are new more often than
    is flagged.

    :param ids: of the records, in order of time, as the rows of `columns`
    """
    later = np.arange(len(ids) // 2, len(ids))
    scored = card.score({key: column.take(later) for key, column in columns.items()})
    # The limit is meant for records to come; fewer of those that the card has learned from are beyond it.
    usable = np.flatnonzero(~np.isnan(scored.raw))
    most = max(int(scored.predictions.sum()), int(flag_rate * len(usable) + 1e-9))
    rows = usable[np.argsort(-scored.raw[usable], kind="stable")][:most]
    by_reason: dict[str, list[int]] = {}
    for row, key in zip(rows.tolist(), strongest_reasons(card, scored.codes[rows]) if len(rows) else [], strict=True):
        by_reason.setdefault(key, []).append(ids[later[row]])
    new = {
        spec["key"]: unseen_earlier(columns[spec["key"]].values)
        for spec in specs
        if spec["kind"] == CATEGORY and spec["stands_alone"]
    }
    ranked = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    return {
        "rows": len(later),
        "flagged": len(rows),
        "reasons": [{"key": key, "count": len(found), "ids": found[:EXAMPLES]} for key, found in ranked],
        "growing": {key: share for key, share in new.items() if share > flag_rate},
    }


def confirmed_by_reason(deployment: BaseModel) -> dict[str, tuple[int, int]]:
    """Return {key of the strongest reason: (reviews, confirmed)} of the latest decided reviews of flagged records.

    :param deployment: ai.deployment with all rights
    """
    deployment.env["ai.deployment.review"].flush_model()
    rows = deployment.env.execute_query(
        SQL(
            "SELECT inference.version_id, inference.codes, review.ground_truth = 'positive'"
            " FROM ai_deployment_review AS review JOIN ai_deployment_inference AS inference"
            " ON inference.id = review.inference_id WHERE review.deployment_id = %s AND review.state = 'decided'"
            " AND review.is_label AND review.reason = 'flagged' AND inference.codes IS NOT NULL"
            " ORDER BY review.id DESC LIMIT %s",
            deployment.id,
            MOST_REVIEWS,
        )
    )
    found: dict[str, tuple[int, int]] = {}
    for version in deployment.env["ai.deployment.version"].browse({version_id for version_id, *_told in rows}):
        own = [(codes, confirmed) for version_id, codes, confirmed in rows if version_id == version.id]
        try:
            card = version._card()
        except ArtifactRejected:  # an alert tells about the version
            continue
        codes = np.array([list(bytes.fromhex(codes)) for codes, _confirmed in own], dtype=np.uint8)
        for key, (_codes, confirmed) in zip(strongest_reasons(card, codes), own, strict=True):
            reviews, right = found.get(key, (0, 0))
            found[key] = reviews + 1, right + bool(confirmed)
    return found
