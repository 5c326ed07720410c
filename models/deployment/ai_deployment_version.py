"""A version: one scorer as it was trained, with what it was trained on and how it was tested. Never edited."""

import base64

import numpy as np
from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError

from ...ml import artifact
from ...ml.binning import MISSING
from ...ml.errors import ArtifactRejected, InputGone, VersionError
from ...ml.uncertainty import REACH
from ..features.feature_reader import paths_of, reads_alike, walk_path
from ..features.input_names import names_of, reader_specs
from ..features.readable_inputs import unreadable_keys
from ..tools.optional_float import OptionalFloat
from ..tools.toast import toast
from ..tools.told import keep
from ..tools.trust import own
from ..tools.wording import (
    ReaderWords,
    RoundedWords,
    about,
    labelled,
    number,
    percent,
    rough_money,
    signed,
)
from . import events

FEW_SIMILAR = 10  # records, under which a score is marked as resting on few
NEGLIGIBLE = 0.005  # points that no printed card shows are no reason


class AiDeploymentVersion(models.Model):
    _name = "ai.deployment.version"
    _description = "Model Version"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, number desc"
    _rec_name = "name"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    number = fields.Integer(required=True, readonly=True)
    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(
        [
            ("scorecard", "Scorecard"),
            ("anomaly", "Anomaly model"),
            ("reviewed", "Model trained on reviews"),
            ("pipeline", "scikit-learn pipeline"),
            ("remote", "Remote model"),
            ("pushed", "External program"),
        ],
        required=True,
        readonly=True,
    )
    trained_date = fields.Datetime("Training Date", required=True, readonly=True)
    trained_by_id = fields.Many2one("res.users", readonly=True)
    row_count = fields.Integer("Training Records", readonly=True)
    positive_count = fields.Integer("Of These Won", readonly=True)
    metrics = fields.Json(readonly=True)
    auc = OptionalFloat("AUC", compute="_compute_metrics", digits=(4, 3))
    brier = OptionalFloat("Brier Score", compute="_compute_metrics", digits=(4, 3))
    brier_base_rate = OptionalFloat("Brier Score, Base Rate", compute="_compute_metrics", digits=(4, 3))
    digest = fields.Char("Fingerprint", required=True, readonly=True)
    # The levels of sensitive inputs stand in these; `card_html` shows them masked to everybody else.
    artifact = fields.Json(required=True, readonly=True, groups="ai_deployment.group_sensitive")
    # The same recipe without the latest rows: what the figures are of, and what a later version is compared with.
    tested_artifact = fields.Json("Tested Model", readonly=True, groups="ai_deployment.group_sensitive")
    feature_specs = fields.Json(
        "Inputs as Trained", required=True, readonly=True, groups="ai_deployment.group_sensitive"
    )
    reference = fields.Json("Reference Counts", required=True, readonly=True, groups="ai_deployment.group_sensitive")
    pipeline_file = fields.Binary(readonly=True, attachment=True, groups="ai_deployment.group_manager")
    pipeline_name = fields.Char("File", readonly=True)
    pipeline_size = fields.Integer("Size in Bytes", readonly=True)
    pipeline_digest = fields.Char("SHA-256", readonly=True)
    floors = fields.Json("Drift Noise Thresholds", readonly=True)
    held_out = fields.Json("Held-Out Records", readonly=True)  # see `held_out` in training/version_test
    # Amounts of tested records, see `stakes` in training/version_test: they may be a sensitive input.
    stakes = fields.Json("Amounts in the Test", readonly=True, groups="ai_deployment.group_sensitive")
    left_out = fields.Json("Exclusions", readonly=True)
    left_out_text = fields.Char("Excluded Inputs", compute="_compute_left_out_text")
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False)
    card_html = fields.Html("Scorecard", compute="_compute_card_html", sanitize=False)
    challenge = fields.Json("Test Against Serving Version", readonly=True)
    verdict = fields.Selection(
        [
            ("first", "First version"),
            ("better", "Better"),
            ("same", "The same"),
            ("inconclusive", "Undecided"),
            ("worse", "Worse"),
        ],
        required=True,
        readonly=True,
        default="first",
    )
    verdict_text = fields.Char("Finding", readonly=True, translate=True)
    is_serving = fields.Boolean("Serving", compute="_compute_is_serving")

    _number_uniq = models.UniqueIndex("(deployment_id, number)", "This version exists already.")

    @api.depends("number")
    @api.depends_context("lang")
    def _compute_name(self):
        for version in self:
            version.name = self.env._("Version %s", version.number)

    @api.depends("metrics")
    def _compute_metrics(self):
        for version in self:
            metrics = version.metrics or {}
            for name in ("auc", "brier", "brier_base_rate"):
                version[name] = metrics.get(name)  # None where there is no answer: no 0

    @api.depends("left_out", "deployment_id.feature_ids.name")
    @api.depends_context("lang")
    def _compute_left_out_text(self):
        for version in self:
            version.left_out_text = names_of(version.deployment_id.feature_ids, version.left_out or [])

    @api.depends("deployment_id.champion_id")
    def _compute_is_serving(self):
        for version in self:
            version.is_serving = version == version.deployment_id.champion_id

    @api.depends("digest")
    @api.depends_context("uid", "lang")
    def _compute_card_html(self):
        for version in self:
            try:
                printed = version._printed_card()
            except ArtifactRejected as error:
                version.card_html = Markup("<p class='text-danger'>%s</p>") % error
            else:
                version.card_html = self.env["ir.qweb"]._render("ai_deployment.card_table", printed)

    def write(self, vals):
        raise UserError(self.env._("Versions cannot be changed: train a new one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Versions cannot be deleted: the log refers to them."))

    # Use

    def _card(self):
        """The card that scores, checked against its fingerprint. Raises ArtifactRejected."""
        self.ensure_one()
        return self._cached_card(self.id)

    @api.model
    @tools.ormcache("version_id")
    def _cached_card(self, version_id):
        version = own(self).browse(version_id)  # no key of the caller asks for the size of a file instead
        content = None
        if version.kind == "pipeline":
            content = base64.b64decode(version.pipeline_file or b"")
        return artifact.load(version.artifact, expected_digest=version.digest, content=content)

    @api.model
    @tools.ormcache("version_id")
    def _cached_kind(self, version_id):
        return self.sudo().browse(version_id).kind

    def _tested_card(self):
        """The card that was tested, which has not learned from the latest rows; the serving one where that was."""
        self.ensure_one()
        kept = self.sudo().tested_artifact
        return artifact.load(kept) if kept else self._card()

    def _fault(self):
        """Return why this version cannot score at all, as a VersionError; None where it can."""
        self.ensure_one()
        try:
            self._card()
        except VersionError as error:
            return error
        broken = self._cached_broken_input(self.id)
        if not broken:
            return None
        key, path, is_gone = broken
        name = self._specs()[key]["name"]
        why = self.env._("there is no field “%s”.", path) if is_gone else self._changed_text(path)
        return InputGone(name, why)

    def _changed_text(self, path):
        return self.env._("the field “%s” has another type than in training.", path)

    @api.model
    @tools.ormcache("version_id")  # emptied when fields come or go, as all caches of the registry are
    def _cached_broken_input(self, version_id):
        """(key, path, whether the field is gone) of the first input that reads something else now, None if none."""
        version = self.sudo().browse(version_id)
        documents = self.env[version.deployment_id.res_model]
        for spec in version._specs().values():
            learned = spec.get("fields") or {}
            for path in [] if spec["source"] == "card" else paths_of(spec):
                steps = walk_path(documents, path)
                if steps is None:
                    return spec["key"], path, True
                if path in learned and not reads_alike(learned[path], steps[-1]):
                    return spec["key"], path, False
        return None

    def _specs(self):
        """Return the inputs as trained, named in the language of `env`: {key: spec}, in the order of the card."""
        self.ensure_one()
        return self._cached_specs(self.id)

    @api.model
    @tools.ormcache("version_id", "self.env.lang")  # emptied when a label of a field changes
    def _cached_specs(self, version_id):
        version = self.sudo().browse(version_id)
        specs, documents = version.feature_specs, self.env.get(version.deployment_id.res_model)
        known = {spec["key"]: spec for spec in specs}
        return known if documents is None else reader_specs(documents, known)

    def _input_names(self):
        """Return the names of the inputs in the language of `env`: {key: name}; nothing of no version."""
        return {key: spec["name"] for key, spec in self._specs().items()} if self else {}

    def _sensitive_keys(self):
        """Inputs to mask: sensitive when trained, or marked so since."""
        self.ensure_one()
        return self._cached_sensitive_keys(self.id)

    @api.model
    @tools.ormcache("version_id")  # inputs clear it when they change
    def _cached_sensitive_keys(self, version_id):
        version = self.sudo().browse(version_id)
        now_sensitive = version.deployment_id.feature_ids.filtered("sensitive").mapped("key")
        return frozenset(now_sensitive) | {key for key, spec in version._specs().items() if spec["sensitive"]}

    def _unreadable_keys(self):
        """Inputs that the user may read on no record, whatever was declared."""
        self.ensure_one()
        return frozenset() if self.env.uid == api.SUPERUSER_ID else self._cached_unreadable_keys(self.id)

    @api.model
    @tools.ormcache("self.env.uid", "version_id")  # who changes groups or access rights clears it
    def _cached_unreadable_keys(self, version_id):
        version = self.sudo().browse(version_id)
        return unreadable_keys(self.env[version.deployment_id.res_model].sudo(False), version._specs())

    def _level_names(self):
        """Names of record ids that stand as levels in the card: {key: {level: name}}."""
        self.ensure_one()
        documents = self.env[self.deployment_id.res_model]
        card = self._card()
        names = {}
        for key, spec in self._specs().items():
            bins = card.bins_by_name[key]
            levels = getattr(bins, "members", getattr(bins, "levels", ())) if spec["source"] == "path" else ()
            learned = (spec.get("fields") or {}).get(spec["path"])
            names[key] = documents._ai_level_names(spec["path"], levels, learned) if levels else {}
        return names

    def _reasons(self, codes, **readers):
        """Return the strongest reasons behind a score: list of (input, value, contribution); see `_keyed_reasons`."""
        return [tuple(reason) for _key, *reason in self._keyed_reasons(codes, **readers)]

    def _keyed_reasons(
        self,
        codes,
        *,
        masks_all=False,
        sees_sensitive=False,
        hidden=frozenset(),
        top=3,
        inputs=None,
        document=None,
        words=None,
    ):
        """Return the strongest reasons behind a score: list of (key, input, value, contribution), masked where due.

        `codes`: bin codes as the log keeps them, two hexadecimal digits per input; `hidden`: keys of inputs that the
        user may not read on this record; `inputs`: the values that the log keeps, in the order of the inputs, and
        `document` the record: with them, a multiple of an amount says what was expected and how far the record is
        from it.
        """
        if not self or not codes:
            return []
        try:
            card, names, specs = self._card(), self._level_names_cached(), self._specs()
        except ArtifactRejected:  # an alert tells about the version; a record without reasons is still shown
            return []
        sensitive, hidden = self._sensitive_keys(), self._unreadable_keys() | hidden
        reasons = []
        row = np.frombuffer(bytes.fromhex(codes), dtype=np.uint8)
        masked = hidden | (frozenset() if sees_sensitive else sensitive)
        read = dict(zip(specs, inputs, strict=True)) if inputs and len(inputs) == len(specs) else {}
        shown = {key: value for key, value in read.items() if key not in masked}
        for reason in card.explain(row, top=top, names=names, words=words or self._reader_words()):
            if masks_all or reason.feature in masked:
                value = self.env._("protected")
            else:
                value = self._expected_text(specs[reason.feature], shown, document) or reason.label
            if abs(reason.contribution) >= NEGLIGIBLE:
                reasons.append((reason.feature, specs[reason.feature]["name"], value, reason.contribution))
        return reasons

    def _expected_text(self, spec, read, document):
        """Return the expected value and the distance of the record from it, for a multiple of an amount; empty if
        unknown."""
        times = read.get(spec["key"])
        if spec["source"] != "history" or spec["measure"] not in ("ratio", "ratio_max") or not times:
            return ""
        amount, multiple = read.get(spec["value_path"]), about(self.env, times)
        currency = document._ai_currency() if amount and document is not None else None
        if not currency:
            return self.env._("about %s times", multiple)
        usual = rough_money(self.env, abs(amount) / times, currency)
        if spec["measure"] == "ratio":
            return self.env._("about %(times)s times the expected %(amount)s", times=multiple, amount=usual)
        return self.env._("about %(times)s times the highest so far, %(amount)s", times=multiple, amount=usual)

    def _reasons_text(self, codes, masks_all=False, sees_sensitive=False, hidden=frozenset(), inputs=None):
        """One reason a line, its arrow says whether it raises or lowers the score; approximate ones are marked."""
        reasons = self._reasons(codes, masks_all=masks_all, sees_sensitive=sees_sensitive, hidden=hidden, inputs=inputs)
        lines = [
            f"{'▲' if contribution > 0 else '▼'} {labelled(self.env, name, value)}"
            for name, value, contribution in reasons
        ]
        if lines and not self._card().exact_reasons:
            lines.append(self.env._("(approximate reasons)"))
        return "\n".join([*lines, *self._interval_texts(codes), *self._support_texts(codes)])

    def _sentences(self, codes, positive, negative, toward=0, **readers):
        """Return the strongest reasons as sentences, one a line; who people are is never among them.

        :param positive: the end of a sentence about what raises the score, `negative` of what lowers it
        :param toward: 1 or -1: what raises the score, or lowers it, comes first; a list shows the first line alone,
            beside a word that it must not contradict
        :param readers: `masks_all`, `sees_sensitive` and `hidden`, as for `_reasons`
        """
        if not self:
            return ""
        people = self._people_keys()
        readers["words"] = RoundedWords(self.env, self._specs())
        reasons = self._keyed_reasons(codes, top=3 + len(people), **readers)
        shown = [(name, value, points) for key, name, value, points in reasons if key not in people][:3]
        lines = [
            f"{'▲' if points > 0 else '▼'} "
            + labelled(self.env, self._told(name, value), positive if points > 0 else negative)
            for name, value, points in sorted(shown, key=lambda each: each[2] * toward <= 0)
        ]
        if lines and not self._card().exact_reasons:
            lines.append(self.env._("(approximate reasons)"))
        limits = [*self._interval_texts(codes), *self._support_texts(codes)]
        return "\n".join([*lines, *limits])

    def _told(self, name, value):
        """Return in a sentence what an input of a record is."""
        words = self._reader_words()
        if value == words.missing:
            return self.env._("%s is missing", name)
        if value == words.never_seen:
            return self.env._("%s has a value never seen before", name)
        return self.env._("%(input)s is %(value)s", input=name, value=value)

    def _people_keys(self):
        """Return the keys of inputs that are users, such as the salesperson."""
        self.ensure_one()
        return self._cached_people_keys(self.id)

    @api.model
    @tools.ormcache("version_id")
    def _cached_people_keys(self, version_id):
        version = self.sudo().browse(version_id)
        documents = self.env[version.deployment_id.res_model]
        ends = {
            key: (walk_path(documents, spec["path"]) or [None])[-1]
            for key, spec in version._specs().items()
            if spec["source"] == "path" and spec.get("path")
        }
        return frozenset(key for key, end in ends.items() if end and end.field.comodel_name == "res.users")

    def _similar_count(self, codes):
        """Return how many training records were like a record in its rarest input; None where none is counted."""
        if not self or not codes or self.kind == "pipeline":
            return None
        try:
            card = self._card()
        except ArtifactRejected:
            return None
        row = np.frombuffer(bytes.fromhex(codes), dtype=np.uint8)
        return min((int(feature.counts[code]) for feature, code in zip(card.features, row, strict=True)), default=None)

    def _support_texts(self, codes):
        """Return why a score is uncertain: inputs never seen like this, or too few similar records."""
        if not self or not codes or self.kind == "anomaly":
            return []
        try:
            card = self._card()
        except ArtifactRejected:
            return []
        row = np.frombuffer(bytes.fromhex(codes), dtype=np.uint8)
        counts = [int(feature.counts[code]) for feature, code in zip(card.features, row, strict=True)]
        texts = [
            self.env._("%s: never empty before", self._column_name(feature.name))
            if code == MISSING
            else self.env._("%s: never seen before", self._column_name(feature.name))
            for feature, code, count in zip(card.features, row, counts, strict=True)
            if not count
        ]
        if not texts and min(counts) < FEW_SIMILAR:
            rarest = self._column_name(card.features[counts.index(min(counts))].name)
            texts = [
                self.env._(
                    "%(input)s: only %(count)s similar records so far",
                    input=rarest,
                    count=number(self.env, min(counts)),
                )
            ]
        return texts

    def _interval_texts(self, codes):
        """Return the chance with the interval in which it likely lies; none where the card has learned from many."""
        if not self or not codes or self.kind != "scorecard":
            return []
        try:
            card = self._card()
        except ArtifactRejected:
            return []
        row = np.frombuffer(bytes.fromhex(codes), dtype=np.uint8)[None, :]
        between = card.interval(row)
        if between is None:
            return []
        chance = card.calibration.apply(card.raw(row))[0]
        return [
            self.env._(
                "%(chance)s, likely %(low)s to %(high)s: learned from few records",
                chance=percent(self.env, chance),
                low=number(self.env, 100 * between[0][0]),
                high=number(self.env, 100 * between[1][0]),
            )
        ]

    def _reader_words(self):
        """Texts about bins of this version, in the language of who reads them."""
        return ReaderWords(self.env, self._specs())

    def _column_name(self, column):
        """Return the label of a column of the card: its input, with the tag if it is the column of one.

        Tags of a sensitive input have no names here.
        """
        key, tag = self._card().tags.get(column, (column, None))
        name = self._specs()[key]["name"]
        if tag is None or key in self._sensitive_keys() | self._unreadable_keys():
            return name
        tag = self._level_names_cached().get(key, {}).get(tag, tag)
        return self.env._("%(input)s “%(tag)s”", input=name, tag=tag)

    def _level_names_cached(self):
        """`_level_names`, looked up once per transaction: a list of scores asks for it on every line."""
        cache = self.env.cr.cache.setdefault("ai_deployment_level_names", {})
        key = (self.id, self.env.lang)
        if key not in cache:
            cache[key] = self.sudo()._level_names()
        return cache[key]

    def _printed_pairs(self, card, hidden, strongest):
        """Return the strongest interactions, as groups of the printed card."""
        groups = {}
        for first, one, second, two, points in card.pair_rows(self._level_names(), self._reader_words()):
            name = self.env._("%(one)s with %(two)s", one=self._column_name(first), two=self._column_name(second))
            label = self.env._("%(one)s and %(two)s", one=one, two=two)
            groups.setdefault((first, second), {"name": name, "rows": []})["rows"].append(
                {
                    "label": self.env._("protected")
                    if {card.tags.get(first, (first,))[0], card.tags.get(second, (second,))[0]} & hidden
                    else label,
                    "points": points,
                    "points_text": signed(self.env, points),
                    "width": min(round(100 * abs(points) / strongest), 100),
                    "share_text": "",
                }
            )
        return list(groups.values())

    def _printed_card(self):
        """The card as a table of plain texts, inputs by their names.

        `groups`: [{"name", "importance_text", "rows": [{"label", "points", …}]}]; `approximate`: points are averages,
        and inputs stand in the order of their importance.
        """
        self.ensure_one()
        card, specs = self._card(), self._specs()
        sees = self.env.user.has_group("ai_deployment.group_sensitive")
        hidden = self._unreadable_keys() | (frozenset() if sees else self._sensitive_keys())
        strongest = max((abs(feature.points).max() for feature in card.features), default=0.0) or 1.0
        groups = {}
        for key, line, share in card.lines(self._level_names(), self._reader_words()):
            between = line.between(REACH)
            groups.setdefault(key, {"name": specs[key]["name"], "rows": []})["rows"].append(
                {
                    "label": self.env._("protected") if key in hidden else line.label,
                    "points": line.points,
                    "points_text": signed(self.env, line.points),
                    "likely_text": " … ".join(signed(self.env, end, 1) for end in between) if between else "",
                    "width": round(100 * abs(line.points) / strongest),
                    "share_text": percent(self.env, share),
                }
            )
        if card.exact_reasons:
            pairs = self._printed_pairs(card, hidden, strongest)
            return {
                "groups": [*groups.values(), *pairs],
                "approximate": False,
                "has_intervals": bool(card.deviations()),
            }
        ranked = [(key, importance) for key, importance in card.ranked() if key in groups]
        for key, importance in ranked:
            groups[key]["importance_text"] = f"± {number(self.env, importance, 2)}"
        return {
            "groups": [groups[key] for key, _importance in ranked],
            "approximate": True,
            "has_intervals": False,
        }

    @api.model
    def _store(self, deployment, training, specs, now, **values):
        """Keep what a training gave; the new version, which serves nowhere yet."""
        data = artifact.dump(training.card)
        latest = self.sudo().search([("deployment_id", "=", deployment.id)], order="number desc", limit=1)
        version = self.sudo().create(
            {
                "deployment_id": deployment.id,
                "number": latest.number + 1,
                "kind": training.card.kind,
                "trained_date": now,
                "trained_by_id": self.env.uid,
                "row_count": training.metrics["rows"],
                "positive_count": training.metrics.get("positives", 0),
                "metrics": training.metrics,
                "digest": artifact.digest(data),
                "artifact": data,
                "feature_specs": specs,
                "reference": training.reference.to_dict(),
                **values,
            }
        )
        keep(version, values)
        return version

    # Buttons

    def action_promote(self):
        """Let this version serve from now on."""
        self.ensure_one()
        if not self.deployment_id._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        self._promote(self.env._("Promoted manually"))
        message = self.env._("%(version)s serves %(deployment)s now.", version=self.name, deployment="%s")
        return toast(self.deployment_id, message, self.deployment_id.name)

    def _promote(self, reason):
        """Let this version serve from now on, unless it did worse or something is missing for it."""
        self.ensure_one()
        if self.verdict == "worse":
            raise UserError(
                self.env._("This version performed worse than the serving version: %s", self.verdict_text or "")
            )
        deployment = self.deployment_id
        missing = next(filter(None, (getattr(deployment, name)(self) for name in events.MISSING_TO_PROMOTE)), "")
        if missing:
            raise UserError(self.env._("“%(name)s” cannot be promoted: %(why)s", name=self.name, why=missing))
        deployment.sudo()._assign_champion(self, reason)
