"""The test of a new version: on which rows it is tested, and what is stored of the test.

Rows are in order of time; the latest `TEST_SHARE` of them test a version (`test_rows`), everywhere.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from odoo.models import BaseModel

from ...ml import counts, routing
from ...ml.columns import Column
from ...ml.drift import UNSEEN_TEST
from ...ml.noise import Noise, forward_shares
from ...ml.ordinary import MIN_PARTS, merged, noise_of
from ...ml.profile import Profile, bins_of
from ...ml.quality import RANGE
from ..routing.costs import SIDES
from ..tools.wording import number
from .table import independent, split

WEEK_DAYS = 7  # of the part that a spread between weeks is measured on
MOST_OUTCOMES = 2000  # of the records that tested a version, kept for what is expected of later ones
TEST_SHARE = 0.15  # the latest rows, that training.SHARES leaves for testing


def test_rows(ids: list[int]) -> np.ndarray:
    """Return the numbers of the rows that test a version, of rows in order of time; shape (rows,).

    At most one of each record, drawn where records stand there at several moments: so they are independent.
    """
    return independent(ids, split(ids, TEST_SHARE))


def learned(deployment: BaseModel, ids: list[int], moments: np.ndarray) -> dict:
    """Return the last row that the tested card has learned from, for `Challenger.unseen_by`, as plain JSON."""
    first = split(ids, TEST_SHARE)
    if deployment.method == "anomaly" or first == len(ids) or not first:
        return {}
    return {"learned": {"id": ids[first - 1], "moment": float(moments[first - 1])}}


def untested_text(
    deployment: BaseModel, ids: list[int], labels: np.ndarray, out_of_fold: np.ndarray | None = None
) -> str:
    """Return why the latest rows prove nothing; empty where both outcomes are among them, or none is needed.

    :param out_of_fold: the values of a test out of fold, which needs no latest rows
    """
    if out_of_fold is not None:
        return ""
    tested = np.asarray(labels)[test_rows(ids)]
    if deployment.method == "anomaly" or len(set(tested.tolist())) == 2:
        return ""
    words = deployment.env[deployment.res_model]._ai_words()
    return deployment.env._(
        "Could not be tested: no %(outcomes)s among the latest %(rows)s records.",
        outcomes=words["negatives" if tested.any() else "positives"],
        rows=number(deployment.env, len(tested)),
    )


def floors(card: Any, columns: dict[str, Column], moments: np.ndarray) -> dict:
    """Return what ordinary weeks show by themselves, from the weeks of the training (`Noise` as JSON).

    :param card: the scorer that serves
    :param moments: days, shape (rows,), ascending
    """
    weeks = np.floor((moments - moments.min()) / WEEK_DAYS) if len(moments) else moments
    scored = card.score(columns)
    parts = merged([Profile.of(card, scored, weeks == week) for week in np.unique(weeks)])
    noise = noise_of(parts, bins_of(card)) if len(parts) >= MIN_PARTS else Noise()
    used = {key: column for key, column in columns.items() if key in card.bins_by_name}
    return noise.with_forward(forward_shares(used, moments, new=UNSEEN_TEST, beyond=RANGE)).to_dict()


def held_out(
    deployment: BaseModel,
    card: Any,
    ids: list[int],
    columns: dict[str, Column],
    moments: np.ndarray,
    labels: np.ndarray,
    out_of_fold: np.ndarray | None = None,
) -> dict:
    """Return what routing has to know of the records that tested the version, as plain JSON.

    These are the latest; with `out_of_fold`, shape (rows,), all that have such a value.

    `curves`: what was wrong above each line, per side; `sureness`: how little each record needed a person, at most
    1,001 of them by rank; `per_day`: records a day in the tested time; `outcomes`: what was said of the latest, and
    what came true; `weeks`: (log odds by which more came true, information) of each tested week.
    """
    anomaly = deployment.method == "anomaly"
    later = independent(ids) if anomaly or out_of_fold is not None else test_rows(ids)
    scored = card.score({key: column.take(later) for key, column in columns.items()})
    if out_of_fold is not None:
        known = out_of_fold[later]
        scored = replace(
            scored,
            values=known,
            predictions=known >= card.threshold,
            confidences=np.maximum(known, 1 - known),
        )
    good = ~np.isnan(scored.values)
    if not good.any():
        return {}
    proves_nothing = anomaly or len(set(labels[later][good].tolist())) < 2
    curves = routing.held_out_curve(labels[later][good], scored.predictions[good], scored.confidences[good])
    sureness = 1 - scored.values[good] if anomaly else scored.confidences[good]
    days = max(float(np.ptp(moments[later])), 1.0)
    return {
        "curves": {} if proves_nothing else {name: curves[side] for name, side in SIDES.items()},
        "sureness": np.quantile(sureness, np.linspace(0, 1, min(len(sureness), 1001))).tolist(),
        "per_day": len(later) / days,
        "outcomes": {}
        if proves_nothing
        else {
            "labels": np.asarray(labels)[later][good][-MOST_OUTCOMES:].astype(int).tolist(),
            "values": scored.values[good][-MOST_OUTCOMES:].round(4).tolist(),
        },
        "weeks": []
        if proves_nothing
        else _weekly_offsets(moments[later][good], np.asarray(labels)[later][good], scored.values[good]),
    }


def stakes(deployment: BaseModel, card: Any, columns: dict[str, Column], ids: list[int], labels: np.ndarray) -> dict:
    """Return what routing by costs has to know of the latest records that tested the version, as plain JSON.

    `values`, `labels` and `amounts` of each record, and the `threshold` of the card. Empty where the test proves
    nothing, or nothing is at stake in a record. An anomaly model is judged by reviews instead.
    """
    documents = deployment.env[deployment.res_model]
    if (
        untested_text(deployment, ids, labels)
        or deployment.method == "anomaly"
        or not hasattr(documents, "_ai_amounts")
    ):
        return {}
    later = test_rows(ids)[-MOST_OUTCOMES:]
    values = card.score({key: column.take(later) for key, column in columns.items()}).values
    rows = [row for row, value in zip(later.tolist(), values.tolist(), strict=True) if value == value]
    amounts = documents.browse([ids[row] for row in rows])._ai_amounts()
    return {
        "values": values[~np.isnan(values)].round(4).tolist(),
        "labels": [int(labels[row]) for row in rows],
        "amounts": [float(amounts.get(ids[row]) or 0.0) for row in rows],
        "threshold": getattr(card, "threshold", 0.5),
    }


def _weekly_offsets(moments: np.ndarray, labels: np.ndarray, values: np.ndarray) -> list[list[float]]:
    """Return [log odds by which more came true than was said, information] of each week, for `counts.weekly_spread`."""
    weeks = np.floor((moments - moments.min()) / WEEK_DAYS)
    return [
        [round(number, 5) for number in counts.offset(labels[weeks == week], values[weeks == week])]
        for week in np.unique(weeks)
    ]
