"""Changes of the chance of a lead: one input that a seller can act on, and the chance that the card then gives.

A description of leads that differ in this one input, worded as that: neither a promise nor a cause. The arithmetic is
`ml.counterfactual`.
"""

from typing import Any

import numpy as np

from odoo.models import BaseModel

from ...ml.counterfactual import changes
from ...ml.errors import ArtifactRejected
from ..features import course
from ..features.feature_reader import FeatureReader
from ..tools.wording import percent

MOST_TOLD = 2  # changes that a lead shows
# What a seller can bring about: one more of it, or none of it any more.
MORE, NONE = (course.MEETINGS, course.ACTIVITIES), (course.WAITING_DAYS,)
CORRECT = {"phone_state": "correct", "email_state": "correct"}


class LeadChanges:
    """Changes of the chance of one lead.

    :param lead: record of crm.lead
    :param score: its current score, record of ai.deployment.score with all rights
    """

    def __init__(self, lead: BaseModel, score: BaseModel) -> None:
        self.lead, self.score, self.env = lead, score, lead.env

    def text(self) -> str:
        """Return one sentence per change, "" where none is worth one."""
        version = self.score.version_id
        if version.kind != "scorecard" or not self.score.codes:
            return ""
        hidden = version._sensitive_keys() | version.with_user(self.env.user)._unreadable_keys()
        specs = {key: spec for key, spec in version._specs().items() if key not in hidden}
        reachable = self._reachable(specs)
        if not reachable:
            return ""
        try:
            card = version._card()
        except ArtifactRejected:
            return ""
        codes = np.frombuffer(bytes.fromhex(self.score.codes), dtype=np.uint8).astype(np.int64)
        found = changes(card, codes, reachable)[:MOST_TOLD]
        return "\n".join(self._sentence(specs[change.name], change.chance) for change in found)

    def _reachable(self, specs: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
        """Return {key: values that the input could have next}, the smallest change first."""
        acted = {
            key: spec for key, spec in specs.items() if spec["source"] == "course" and spec["measure"] in MORE + NONE
        }
        acted |= {key: spec for key, spec in specs.items() if spec["source"] == "path" and spec["path"] in CORRECT}
        if not acted:
            return {}
        now = FeatureReader(self.env["crm.lead"], list(acted.values()), self.score.deployment_id.company_id).read(
            self.lead.ids
        )
        found: dict[str, list[Any]] = {}
        for key, spec in acted.items():
            (value,) = now[key]
            if spec["source"] == "path":
                found[key] = [CORRECT[spec["path"]]] if value != CORRECT[spec["path"]] else []
            elif value is None:
                continue
            elif spec["measure"] in MORE:
                found[key] = [value + 1, value + 2]
            elif value > 0:
                found[key] = [0.0]
        return found

    def _sentence(self, spec: dict[str, Any], chance: float) -> str:
        """Return how leads with this one difference are won."""
        share = percent(self.env, chance)
        match spec["measure"] or spec["path"]:
            case course.MEETINGS:
                return self.env._("Of leads that are alike but had another meeting, %s are won.", share)
            case course.ACTIVITIES:
                return self.env._("Of leads that are alike but had another activity done, %s are won.", share)
            case course.WAITING_DAYS:
                return self.env._("Of leads that are alike but whose customer waits for no answer, %s are won.", share)
            case "phone_state":
                return self.env._("Of leads that are alike but have a valid phone number, %s are won.", share)
        return self.env._("Of leads that are alike but have a valid e-mail address, %s are won.", share)
