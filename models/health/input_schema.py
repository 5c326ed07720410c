"""The check that inputs still lead to what the serving version learned from."""

from collections.abc import Iterator
from typing import Any

from odoo.models import BaseModel

from ...ml.binning import CategoryBins
from ...ml.errors import VersionError
from ..features.feature_reader import form_of
from ..features.path_description import describe_path
from ..tools.wording import quoted
from .check import Check, Finding, notice, severe


class Inputs(Check):
    """The inputs of the serving version are still what it learned from.

    A field that was renamed makes every record fail, a selection that was changed or a new stage makes records look
    like nothing seen before. Both can be known at once, from the fields themselves and from the records of small
    relations, without waiting until enough records have come in to be tested for drift.
    """

    codes = ("input:", "options_gone:", "options_new:", "level:")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        version = deployment.champion_id
        try:
            bins = version and version._card().bins_by_name
        except VersionError:  # a finding of its own
            return
        if not bins:
            return
        for key, spec in version._specs().items():
            for path, learned in (spec.get("fields") or {}).items():
                now = describe_path(deployment, path, facts.levels)
                if now is None:
                    yield self._field_gone(deployment, key, spec, path, learned)
                elif not learned or learned["type"] == "properties":  # not defined when the version learned
                    continue
                elif now["type"] == "properties":
                    yield self._property_gone(deployment, key, spec)
                elif form_of(now["type"]) != form_of(learned["type"]) or now["model"] != (
                    learned["model"] or now["model"]
                ):
                    yield self._field_changed(deployment, key, spec, path)
                elif now["keys"] != learned["keys"]:
                    yield from self._options_changed(deployment, key, spec, path, learned["keys"], bins[key])
                elif spec["source"] == "path" and learned["levels"] and isinstance(bins[key], CategoryBins):
                    unlearned = set(now["levels"]).difference(learned["levels"])
                    known = getattr(bins[key], "known", bins[key].level_counts)
                    new = [res_id for res_id in sorted(unlearned) if str(res_id) not in known]
                    if new:
                        is_masked = key in version._sensitive_keys()
                        records = deployment.env[now["model"]].browse(new)
                        yield self._new_levels(deployment, key, spec, records, is_masked)

    def _field_gone(self, deployment: BaseModel, key: str, spec: dict, path: str, learned: dict | None) -> Finding:
        env = deployment.env
        field = env["ir.model.fields"].sudo()
        if learned:
            steps = field.browse(filter(None, learned["field_ids"])).exists()
            field = steps.filtered(lambda step: step.name not in path.split("."))[:1]
        if field:
            sentence = env._(
                "Input “%(input)s” can no longer be read: its field was renamed to “%(now)s” (%(path)s before).",
                input=spec["name"],
                now=field.name,
                path=path,
            )
        else:
            sentence = env._(
                "Input “%(input)s” can no longer be read: there is no field “%(path)s”.",
                input=spec["name"],
                path=path,
            )
        return severe(
            f"input:{key}",
            sentence,
            env._("Restore the field under its former name, or redefine the input and train."),
            breaks=True,
        )

    def _property_gone(self, deployment: BaseModel, key: str, spec: dict) -> Finding:
        env = deployment.env
        return severe(
            f"input:{key}",
            env._("Input “%s” is a property without a definition, so new records will not have it.", spec["name"]),
            env._("Define the property again under its technical name, or train a version without it."),
        )

    def _field_changed(self, deployment: BaseModel, key: str, spec: dict, path: str) -> Finding:
        env = deployment.env
        return severe(
            f"input:{key}",
            env._(
                "Input “%(input)s” differs from training: the field “%(path)s” now has another type.",
                input=spec["name"],
                path=path,
            ),
            env._("Restore the field, or train a new version."),
            breaks=True,
        )

    def _options_changed(
        self, deployment: BaseModel, key: str, spec: dict, path: str, learned: list[str], bins: Any
    ) -> Iterator[Finding]:
        """An option that is gone is severe where the version learned much from it: its records look unseen now."""
        env = deployment.env
        now = (describe_path(deployment, path, {}) or {})["keys"]
        labels = env[deployment.res_model]._ai_level_names(path, [*now, *learned], spec["fields"][path])
        new = [labels[option] for option in now if option not in learned]
        gone_keys = set(learned).difference(now)
        gone = [labels.get(option, option) for option in learned if option in gone_keys]
        suggestion = env._("If options were renamed, restore their technical names, or train a new version.")
        if gone:
            weighty = gone_keys & set(getattr(bins, "members", getattr(bins, "levels", ())))
            grade = severe if weighty else notice
            text = env._(
                "Input “%(input)s” has lost options used in training: %(options)s.",
                input=spec["name"],
                options=quoted(env, gone),
            )
            yield grade(f"options_gone:{key}", text, suggestion)
        if new:
            text = env._(
                "Input “%(input)s” has options that are new since the version was trained: %(options)s.",
                input=spec["name"],
                options=quoted(env, new),
            )
            yield notice(f"options_new:{key}", text, suggestion)

    def _new_levels(self, deployment: BaseModel, key: str, spec: dict, records: BaseModel, is_masked: bool) -> Finding:
        env = deployment.env
        if is_masked:
            text = env._("%s: some values are new since the version was trained.", spec["name"])
        elif len(records) == 1:
            text = env._(
                "%(input)s “%(name)s” is new since the version was trained.",
                input=spec["name"],
                name=records.display_name,
            )
        else:
            text = env._(
                "%(input)s: %(names)s are new since the version was trained.",
                input=spec["name"],
                names=quoted(env, records.mapped("display_name")),
            )
        words = env[deployment.res_model]._ai_words()
        return notice(
            f"level:{key}",
            text,
            env._(
                "Scores of %s are based on the other inputs only. Retrain once enough of them exist.",
                words["records"],
            ),
        )
