"""Looks at what a version depends on before records are scored: are its inputs still what it learned from?

A field that was renamed makes every record fail, a selection that was changed or a new stage makes records look like
nothing seen before. Both can be known at once, from the fields themselves and from the records of small relations,
without waiting until enough records have come in to be tested for drift.
"""

from odoo import models
from odoo.fields import Domain

from ..ml.binning import CategoryBins
from ..ml.errors import VersionError
from .feature_reader import form_of, walk_path

SMALL = 100  # records, up to which a relation is set up by somebody rather than filled by daily work
PEOPLE = {"res.partner", "res.users"}  # come and go without anybody changing the way of working


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _describe_path(self, path, levels=None):
        """What `path` leads to, as plain data that a version keeps and that is compared later; None if nowhere.

        {"type", "model" (at the end of a relation), "keys" (of a selection), "field_ids" (of its steps), "levels" (ids
        of the records of a small relation)}; of a property besides "options" ({key: label}), which nobody knows any
        more once its definition is gone. `levels`: see `_small_levels`.
        """
        self.ensure_one()
        steps = walk_path(self.env[self.res_model], path)
        if steps is None:
            return None
        field, fields = steps[-1].field, self.env["ir.model.fields"]
        described = {
            "type": field.type,
            "model": "",
            "keys": [],
            "field_ids": [fields._get(step.field.model_name, step.field.name).id or 0 for step in steps],
            "levels": [],
        }
        if steps[-1].property_name:
            definition = steps[-1].definition(self.env)
            options = {key: label for key, label, *_color in definition.get(definition.get("type")) or ()}
            model = definition.get("comodel") or ""
            described.update(
                type=definition.get("type") or field.type, keys=list(options), options=options, model=model,
            )  # fmt: skip
        elif field.type == "selection":
            described["keys"] = list(dict(field._description_selection(self.env)))
        elif field.type in ("many2one", "many2many"):
            described["model"] = model = field.comodel_name
            described["levels"] = self._small_levels(model, {} if levels is None else levels)
        return described

    def _input_findings(self, levels):
        """Findings about each input of the serving version."""
        self.ensure_one()
        version = self.champion_id
        try:
            bins = version and version._card().bins_by_name
        except VersionError:  # a finding of its own
            return
        if not bins:
            return
        for key, spec in version._specs().items():
            for path, learned in (spec.get("fields") or {}).items():
                now = self._describe_path(path, levels)
                if now is None:
                    yield self._field_gone(key, spec, path, learned)
                elif not learned or learned["type"] == "properties":  # not defined when the version learned
                    continue
                elif now["type"] == "properties":
                    yield self._property_gone(key, spec)
                elif form_of(now["type"]) != form_of(learned["type"]) or now["model"] != (
                    learned["model"] or now["model"]
                ):
                    yield self._field_changed(key, spec, path)
                elif now["keys"] != learned["keys"]:
                    yield from self._options_changed(key, spec, path, learned["keys"], bins[key])
                elif spec["source"] == "path" and learned["levels"] and isinstance(bins[key], CategoryBins):
                    new = set(now["levels"]).difference(learned["levels"])
                    known = getattr(bins[key], "known", bins[key].level_counts)
                    new = [res_id for res_id in sorted(new) if str(res_id) not in known]
                    if new:
                        is_masked = key in version._sensitive_keys()
                        yield self._new_levels(key, spec, self.env[now["model"]].browse(new), is_masked)

    def _field_gone(self, key, spec, path, learned):
        field = self.env["ir.model.fields"].sudo()
        if learned:
            field = (
                field.browse(filter(None, learned["field_ids"]))
                .exists()
                .filtered(lambda f: f.name not in path.split("."))[:1]
            )
        if field:
            sentence = self.env._(
                "Input “%(input)s” cannot be read any more: its field was renamed to “%(now)s” (%(path)s before).",
                input=spec["name"], now=field.name, path=path,
            )  # fmt: skip
        else:
            sentence = self.env._(
                "Input “%(input)s” cannot be read any more: there is no field “%(path)s”.",
                input=spec["name"], path=path,
            )  # fmt: skip
        return self._severe(
            f"input:{key}",
            sentence,
            self.env._("Bring the field back under its name, or declare the input anew and train."),
            breaks=True,
        )

    def _property_gone(self, key, spec):
        return self._severe(
            f"input:{key}",
            self.env._("Input “%s” is a property that nobody defines any more, so new records will not have it.",
                       spec["name"]),
            self.env._("Define the property again under its technical name, or train a version without it."),
        )  # fmt: skip

    def _field_changed(self, key, spec, path):
        return self._severe(
            f"input:{key}",
            self.env._(
                "Input “%(input)s” is not what the version learned from: the field “%(path)s” is of another type now.",
                input=spec["name"], path=path,
            ),
            self.env._("Bring the field back as it was, or train a new version."),
            breaks=True,
        )  # fmt: skip

    def _options_changed(self, key, spec, path, learned, bins):
        """An option that is gone is severe where the version learned much from it: its records look unseen now."""
        now = self._describe_path(path, {})["keys"]
        labels = self.env[self.res_model]._ai_level_names(path, [*now, *learned], spec["fields"][path])
        new = [labels[option] for option in now if option not in learned]
        gone = [labels.get(option, option) for option in learned if option not in now]
        gone_keys = set(learned).difference(now)
        suggestion = self.env._("If options were renamed, bring their technical names back, or train a new version.")
        if gone:
            grade = (
                self._severe if gone_keys & set(getattr(bins, "members", getattr(bins, "levels", ()))) else self._notice
            )
            text = self.env._(
                "Input “%(input)s” has lost options that the version learned from: %(options)s.",
                input=spec["name"], options=_quoted(gone),
            )  # fmt: skip
            yield grade(f"options_gone:{key}", text, suggestion)
        if new:
            text = self.env._(
                "Input “%(input)s” has options that are new since the version was trained: %(options)s.",
                input=spec["name"], options=_quoted(new),
            )  # fmt: skip
            yield self._notice(f"options_new:{key}", text, suggestion)

    def _new_levels(self, key, spec, records, is_masked):
        if is_masked:
            text = self.env._("%s: there are values that are new since the version was trained.", spec["name"])
        elif len(records) == 1:
            text = self.env._(
                "%(input)s “%(name)s” is new since the version was trained.",
                input=spec["name"], name=records.display_name,
            )  # fmt: skip
        else:
            text = self.env._(
                "%(input)s: %(names)s are new since the version was trained.",
                input=spec["name"], names=_quoted(records.mapped("display_name")),
            )  # fmt: skip
        return self._notice(
            f"level:{key}",
            text,
            self.env._(
                "Scores of %s with it rest on the other inputs. Train again once enough of them have come.",
                self.env[self.res_model]._ai_words()["records"],
            ),
        )

    def _small_levels(self, model, levels):
        """Ids of the active records of `model` for this company; none where they are people, or many.

        `levels` keeps what was looked up, for the next input that needs it.
        """
        place = (model, self.company_id.id)
        if place not in levels:
            comodel = self.env[model].sudo().with_context(active_test=True)
            domain = Domain.TRUE
            if "company_id" in comodel._fields:
                domain = self._company_domain()
            # By id: in the order of the model, the database would sort all of a large one.
            query = None if model in PEOPLE else comodel._search(domain, limit=SMALL + 1, order="id")
            ids = list(query) if query is not None else []
            levels[place] = ids if len(ids) <= SMALL else []
        return levels[place]


def _quoted(names):
    return ", ".join(f"“{name}”" for name in names)
