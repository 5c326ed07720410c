"""Guards of promotion: what stops a new version that ranks better, measured on the records of its test."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from odoo.models import BaseModel

from ...ml import promotion, routing
from ...ml.columns import NUMBER, Column
from ...ml.promotion import Broken
from ..features.ai_deployment_feature import DIRECTIONS
from ..features.input_names import reader_specs
from ..routing.forecast import answers_per_day
from ..routing.thresholds import recent_confidences
from ..scoring.challenger_answers import OUTSIDE
from ..tools.wording import about, plain, quoted

REVIEWED_BY_LINE = ("threshold", "error", "risk")  # ways in which a new version may ask for more reviews than the old


class Guards:
    """The guards of one deployment.

    :param deployment: ai.deployment with all rights
    :param specs: declarations of the inputs
    """

    def __init__(self, deployment: BaseModel, specs: Sequence[dict]) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.specs = [spec for spec in specs if spec["kind"] == NUMBER]

    def of_card(self, card: Any, columns: dict[str, Column]) -> list[Broken]:
        """Return what a card breaks by itself: declared directions, and larger amounts that look less unusual.

        Nothing of a model outside Odoo: what it would say of other inputs is not known here.
        """
        if card.kind in OUTSIDE:
            return []
        directions = {spec["key"]: DIRECTIONS[spec["direction"]] for spec in self.specs}
        if self.deployment.method != "anomaly":
            return promotion.wrong_directions(card, columns, directions)
        amounts = self.env[self.deployment.res_model]._ai_told_by_reasons().get(routing.AMOUNT, ())
        names = [spec["key"] for spec in self.specs if spec["path"] in amounts and spec["tail"] != "low"]
        return promotion.safer_when_larger(card, columns, names)

    def of_load(self, labels: np.ndarray, scored: Any) -> list[Broken]:
        """Return whether a card asks for more reviews a day than people answer or the owner says that they can."""
        deployment = self.deployment
        if deployment.routing not in REVIEWED_BY_LINE:
            return []
        lines: dict[bool, float | None] = dict.fromkeys((True, False), deployment.min_confidence)
        if deployment.routing != "threshold":
            curves: Any = routing.held_out_curve(labels, scored.predictions, scored.confidences)
            if deployment.routing == "error":
                sides = routing.guaranteed_lines(curves, target_error=deployment.target_error)
            else:
                sides = routing.risk_controlled_lines(curves, risk=deployment.target_risk)
            lines = {side: found.line for side, found in sides.items()}
        asked = routing.unsure(scored.values, scored.predictions, scored.confidences, lines)
        per_day = recent_confidences(deployment)[1]
        capacity = max(answers_per_day(deployment), deployment.reviews_per_day)
        return promotion.overload(int(asked.sum()), len(asked), per_day, capacity)

    def text(self, broken: Sequence[Broken], names: dict[str, str]) -> str:
        """Return why a version is rejected, one sentence a guard.

        :param names: {segment: what people call it}
        """
        specs = {spec["key"]: spec for spec in self.specs}
        labels = {key: spec["name"] for key, spec in reader_specs(self.env[self.deployment.res_model], specs).items()}
        texts = []
        for guard, these in _by_guard(broken).items():
            named = quoted(
                self.env,
                (labels.get(each.name or "") or names.get(each.name or "") or each.name or "" for each in these),
            )
            texts.append(self._sentence(guard, these[0], named))
        return " ".join(texts)

    def _sentence(self, guard: str, first: Broken, named: str) -> str:
        env = self.env
        if guard == promotion.DIRECTION:
            return env._("Rejected: the score moves against the declared direction of %s.", named)
        if guard == promotion.AMOUNT:
            return env._("Rejected: bills with a larger %s look less unusual.", named)
        if guard == promotion.SEGMENT:
            return env._("Rejected: clearly worse than the serving version on %s.", named)
        return env._(
            "Rejected: it would send about %(found)s records a day to review; people answer about %(allowed)s.",
            found=about(env, first.found),
            allowed=plain(env, round(first.allowed, 1)),
        )


def _by_guard(broken: Sequence[Broken]) -> dict[str, list[Broken]]:
    found: dict[str, list[Broken]] = {}
    for each in broken:
        found.setdefault(each.guard, []).append(each)
    return found
