"""Until when a score stands: time alone moves inputs that count days, and a meeting counts from its beginning on.

What a version reads of the course of a record says which of the two concern it (`features.course`).
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.ageing import days_until_moved
from ..features import course
from ..tools import clock

_MINUTE = np.timedelta64(1, "m")


def stands_until(
    deployment: BaseModel, card: Any, specs: dict[str, dict], columns: dict[str, Any], scored: Any
) -> list[datetime | None]:
    """Return from when on the inputs of each row that was just read say something else, as time passes; None if never.

    Rounded up to a minute, so that the same inputs give the same moment each night.

    :param deployment: record of `ai.deployment`, in sudo
    """
    growing = {
        key: (_growing(spec["measure"], columns[key].values), course.GROWS[spec["measure"]])
        for key, spec in specs.items()
        if spec["source"] == "course" and spec["measure"] in course.GROWS
    }
    if not growing:
        return [None] * len(scored)
    limits = (deployment.band_low, deployment.band_high)
    days = days_until_moved(card, scored, growing, limits, deployment.horizon_days)
    now, found = np.datetime64(clock.instant() + timedelta(seconds=1), "us"), np.isfinite(days)
    seconds = np.round(np.where(found, days, 0.0) * 86400e6).astype("timedelta64[us]")
    until = ((now + seconds).astype("datetime64[m]") + _MINUTE).astype("datetime64[s]").astype(object)
    return [moment if is_told else None for moment, is_told in zip(until, found, strict=True)]


def comes_sql(documents: BaseModel, specs: dict[str, dict], res_id: SQL) -> SQL:
    """Return SQL of the next planned moment from which an input of a record counts something more; NULL if none.

    :param documents: records of the model, with all rights
    :param res_id: SQL of the id of the record
    """
    is_read = any(spec["source"] == "course" and spec["measure"] == course.MEETINGS for spec in specs.values())
    return documents._ai_course().comes_sql(res_id) if is_read else SQL("NULL::timestamp")


def _growing(measure: str, values: np.ndarray) -> np.ndarray:
    """Return the values that grow, NaN in place of the others: nobody waits any longer who does not wait."""
    return np.where(values > 0, values, np.nan) if measure == course.WAITING_DAYS else values
