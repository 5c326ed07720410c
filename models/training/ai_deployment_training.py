"""From records to a version: read, train, test against what serves now, keep.

The statistics are `ml.training`; here is decided which records are read and what happens with the result. The first
version of a deployment serves at once (in shadow, nobody sees it); a later one has to be promoted by a person.
"""

from dataclasses import replace

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ...ml import artifact, counts, routing
from ...ml.challenge import challenge, sign_challenge
from ...ml.columns import NUMBER, make_column
from ...ml.drift import UNSEEN_TEST
from ...ml.errors import TooFewCases, TrainingError
from ...ml.noise import Noise, forward_shares
from ...ml.ordinary import MIN_PARTS, merged, noise_of
from ...ml.profile import Profile, bins_of
from ...ml.quality import RANGE
from ...ml.reviewed import SURPRISE
from ...ml.threads import one_thread
from ..features.ai_deployment_feature import DIRECTIONS
from ..features.feature_reader import FeatureReader
from ..features.readable_inputs import reads_all
from ..routing.thresholds import SIDES
from ..tools import clock

MIN_CASES = 50  # of either outcome, under which there is no version
WEEK_DAYS = 7
INDEPENDENT_REASONS = ("audit", "amount", "new_vendor", "edge_case")  # to ask a person, that no card gave
MOST_OUTCOMES = 2000  # of the records that tested a version, kept for what is expected of later ones
TEST_SHARE = 0.15  # the latest rows, that training.SHARES leaves for testing
ALL_ROWS = (0.85, 0.15, 0.0)  # learn from all; the later part still decides how far back to look


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    readiness = fields.Char(compute="_compute_readiness", help="What is missing before a first version can be trained.")

    @api.depends("method", "champion_id", "model_id", "horizon_days", "domain", "start_field_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_readiness(self):
        for deployment in self:
            deployment.readiness = False
            if not deployment.champion_id and deployment.res_model in self._target_models():
                deployment.readiness = deployment._readiness()

    def _readiness(self):
        """`_missing_outcomes_text` for the user: figures only where he may read each record that could be counted.

        Asked of the company, not of the filter: that a filter finds nothing is what it must not tell.
        """
        text, documents = self.sudo()._missing_outcomes_text(), self.env[self.res_model]
        if not text or reads_all(documents, self._company_domain()):
            return text
        return self.env._(
            "More outcomes are needed before it can learn. Until then Odoo's own estimate is all there is."
        )

    def _missing_outcomes_text(self):
        """How many outcomes are missing until there can be a version, and which of them are there and count later.

        False where there are enough, or none are needed.
        """
        documents = self.env[self.res_model]
        counts = documents._ai_outcome_counts(self, clock.now()) if self.method == "scorecard" else None
        if counts is None or min(counts) >= MIN_CASES:
            return False
        words = documents._ai_words()
        to_come = {True: [], False: []}
        for label, due in documents._ai_outcomes_to_come(self, clock.now()):
            to_come[label].append(due)
        missing = {True: max(MIN_CASES - counts[0], 0), False: max(MIN_CASES - counts[1], 0)}
        if any(to_come.values()) and all(len(to_come[side]) >= missing[side] for side in missing):
            return self.env._(
                "%(wins)s %(positives)s and %(others)s %(negatives)s are there, but a record counts only %(days)s days "
                "after it began: there will be enough on %(day)s. If they are older than the day on which they were "
                "entered here, name the date on which they began under “Start Date”.",
                wins=counts[0] + len(to_come[True]),
                others=counts[1] + len(to_come[False]),
                days=self.horizon_days,
                positives=words["positives"],
                negatives=words["negatives"],
                day=format_date(self.env, max(to_come[side][least - 1] for side, least in missing.items() if least)),
            )
        rarer = 0 if counts[0] <= counts[1] else 1
        text = self.env._(
            "About %(missing)s more %(cases)s are needed before it can learn: there are %(found)s so far. Until then "
            "Odoo's own estimate is all there is.",
            missing=MIN_CASES - counts[rarer],
            cases=words[("positives", "negatives")[rarer]],
            found=counts[rarer],
        )
        if not any(to_come.values()):
            return text
        first = min(min(dues) for dues in to_come.values() if dues)
        return self.env._(
            "%(text)s Of younger records, %(wins)s %(positives)s and %(others)s %(negatives)s count from %(day)s on.",
            text=text,
            wins=len(to_come[True]),
            others=len(to_come[False]),
            positives=words["positives"],
            negatives=words["negatives"],
            day=format_date(self.env, first),
        )

    def action_train(self):
        self.ensure_one()
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        self.env[self.res_model].check_access("read")
        self._check_domain()
        self.feature_ids._check_declaration()  # what was readable when it was declared may not be any more
        version = self.sudo()._train()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.version",
            "res_id": version.id,
            "views": [(False, "form")],
        }

    def _train(self):
        """Train a version on what is known now; the new version. UserError where the records do not allow it."""
        self.ensure_one()
        if not self.feature_ids:
            raise UserError(self.env._("“%s” has no inputs yet. Say first what it reads.", self.name))
        if self.state == "retired":
            raise UserError(self.env._("“%s” is retired.", self.name))
        known_in_time = self._inputs_known_in_time(clock.now())
        if not known_in_time:
            raise UserError(
                self.env._("None of the inputs of “%s” is known in time, so there is nothing to learn from.", self.name)
            )
        specs = [feature._to_spec() for feature in known_in_time]
        rows = self.env[self.res_model]._ai_training_rows(self, clock.now())
        ids = [row[0] for row in rows]
        columns = self._columns(specs, ids)
        moments = make_column("moment", NUMBER, [row[1] for row in rows]).values
        labels = np.array([bool(row[2]) for row in rows])
        try:
            tested, training = self._fit(specs, columns, moments, labels)
        except TrainingError as error:
            why = " ".join(filter(None, (str(error), self._missing_outcomes_text())))
            raise UserError(self.env._("“%(name)s” could not be trained: %(why)s", name=self.name, why=why)) from error
        by_key = {spec["key"]: spec for spec in specs}
        used = [by_key[name] for name, _columns in training.card.inputs]  # one that is always empty is left out
        values = {
            "floors": self._floors(training.card, columns, moments),
            "held_out": {
                **self._held_out(tested.card, columns, moments, labels),
                **self._learned(ids, moments),
                "segments": self._segment_tests(tested, specs, columns, ids, moments, labels),
            },
            "left_out": [feature.name for feature in self.feature_ids - known_in_time],
            "tested_artifact": artifact.dump(tested.card) if tested is not training else False,
            "verdict_text": self._untested_text(labels),
        }
        champion = self.champion_id
        if champion:
            values.update(self._challenge(champion, tested, training, columns, ids, moments, labels))
        version = self.env["ai.deployment.version"]._store(self, training, used, clock.now(), **values)
        if not champion:
            self._assign_champion(version, self.env._("First version"))
        return version

    @api.model
    def _test_rows(self, count):
        """The numbers of the rows that test a version, of `count` rows in order of time: the one cut for all."""
        return np.arange(round(count * (1 - TEST_SHARE)), count)

    def _learned(self, ids, moments):
        """How far the card that was tested has learned: the last of its rows, for `_unseen_by`. Plain JSON."""
        later = self._test_rows(len(ids))
        if self.method == "anomaly" or not len(later) or not later[0]:
            return {}
        return {"learned": {"id": ids[later[0] - 1], "moment": float(moments[later[0] - 1])}}

    def _untested_text(self, labels):
        """Why the latest rows prove nothing; False where both outcomes are among them, or none is asked for."""
        tested = np.asarray(labels)[self._test_rows(len(labels))]
        if self.method == "anomaly" or len(set(tested.tolist())) == 2:
            return False
        words = self.env[self.res_model]._ai_words()
        return self.env._(
            "Could not be tested: no %(outcomes)s among the latest %(rows)s records.",
            outcomes=words["negatives" if tested.any() else "positives"],
            rows=len(tested),
        )

    def _columns(self, specs, ids, together=()):
        """Columns of the records `ids`: {key: Column}, rows in the order of `ids`.

        :param together: ids of all records that are judged together, where `ids` are only some of them
        """
        values = FeatureReader(self.env[self.res_model], specs, self.company_id, together).read(ids)
        return {spec["key"]: make_column(spec["key"], spec["kind"], values[spec["key"]]) for spec in specs}

    def _fit(self, specs, columns, moments, labels):
        """(the training that was tested, the training whose card serves)."""
        fit = self._fit_anomaly if self.method == "anomaly" else self._fit_scorecard
        with one_thread():
            return fit(specs, columns, moments, labels)

    def _fit_anomaly(self, specs, columns, moments, labels):
        """An anomaly card, and from enough verdicts on a card that has learned from them as well."""
        from ...ml.reviewed_training import train_reviewed

        options = {"alarm_rate": self.alarm_rate, "required": [spec["key"] for spec in specs if spec["required"]]}
        training = self._learn_usual(specs, columns, moments, **options)
        verdicts, chances = self._verdicts()
        if not verdicts:
            return training, training
        ids = [row[0] for row in self.env[self.res_model]._ai_training_rows(self, clock.now())]
        judged = [verdicts.get(res_id) for res_id in ids]
        drawn = [chances.get(res_id, np.nan) for res_id in ids]
        try:
            reviewed = train_reviewed(columns, moments, judged, surprise=training.card, chances=drawn, **options)
        except TooFewCases:
            return training, training
        # Who called keeps the declarations of all that the card reads, this one too.
        specs.append(self.feature_ids._card_spec(SURPRISE, self.env._("How unusual overall")))
        return reviewed

    def _learn_usual(self, specs, columns, moments, **options):
        """An anomaly card of what is usual in these rows."""
        from ...ml.anomaly_training import train_anomaly

        return train_anomaly(
            columns,
            moments,
            tails={spec["key"]: spec["tail"] for spec in specs if spec["kind"] == NUMBER},
            pairs=[(spec["key"], spec["together"]) for spec in specs if spec["together"]],
            context=[spec["key"] for spec in specs if not spec["stands_alone"]],
            **options,
        )

    def _verdicts(self):
        """What reviewers have found out so far: ({record id: True or False}, {record id: chance of a random check}).

        Of several about one record the latest counts; who could not tell has said nothing. The chance outlives the log.
        """
        names = ["res_id", "state", "ground_truth", "is_label", "label_weight", "decided_date"]
        self.env["ai.deployment.review"].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (review.res_id) review.res_id, review.ground_truth = 'positive',"
                " 1 / NULLIF(review.label_weight, 0)"
                " FROM ai_deployment_review AS review"
                " WHERE review.deployment_id = %s AND review.state = 'decided' AND review.is_label"
                " AND review.decided_date <= %s"
                " ORDER BY review.res_id, review.id DESC",
                self.id,
                clock.now(),
            )
        )
        return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows if row[2]}

    def _fit_scorecard(self, specs, columns, moments, labels):
        """A scorecard is tested on the latest rows, then made once more by the same recipe with these rows as well.

        Where the world moves, they teach the most. The figures are those of the test.
        """
        from ...ml.training import train_scorecard

        options = self._scorecard_options(specs)
        tested = train_scorecard(columns, labels, moments, **options)
        again = train_scorecard(columns, labels, moments, shares=ALL_ROWS, recipe=tested.recipe, **options)
        return tested, replace(again, metrics={**tested.metrics, "learned_rows": again.metrics["train_rows"]})

    def _scorecard_options(self, specs):
        return {
            "required": [spec["key"] for spec in specs if spec["required"]],
            "monotone": {spec["key"]: DIRECTIONS[spec["direction"]] for spec in specs if spec["kind"] == NUMBER},
            "min_cases": MIN_CASES,
            "pairs": self.most_pairs,
            "positive_weight": self.positive_weight,
        }

    def _floors(self, card, columns, moments):
        """What ordinary weeks show by themselves (`Noise` as JSON): from the weeks that the version was trained on."""
        weeks = np.floor((moments - moments.min()) / WEEK_DAYS) if len(moments) else moments
        scored = card.score(columns)
        parts = merged([Profile.of(card, scored, weeks == week) for week in np.unique(weeks)])
        noise = noise_of(parts, bins_of(card)) if len(parts) >= MIN_PARTS else Noise()
        used = {key: column for key, column in columns.items() if key in card.bins_by_name}
        return noise.with_forward(forward_shares(used, moments, new=UNSEEN_TEST, beyond=RANGE)).to_dict()

    def _held_out(self, card, columns, moments, labels):
        """What routing needs to know of the records that tested the version: plain JSON.

        `curves`: what was wrong above each line, per side; `sureness`: how little each record needed a person, at most
        1,001 of them by rank; `per_day`: records a day in the tested time; `outcomes`: what was said of the latest, and
        what came true; `weeks`: (log odds by which more came true, information) of each tested week.
        """
        anomaly = self.method == "anomaly"
        later = np.arange(len(moments)) if anomaly else self._test_rows(len(moments))
        scored = card.score({key: column.take(later) for key, column in columns.items()})
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

    def _judged_text(self, tested):
        """What the verdicts say of a new version; no more, since the judged records were chosen by the old one."""
        metrics = tested.metrics
        if tested.card.kind != "reviewed" or metrics.get("average_precision") is None:
            return self.env._("Nobody has judged enough cases yet.")
        return self.env._(
            "On the latest %(rows)s judged records: average precision %(new)s %%, before %(old)s %%.",
            rows=metrics["test_rows"],
            new=round(100 * metrics["average_precision"]),
            old=round(100 * (metrics["average_precision_before"] or 0)),
        )

    def _challenge(self, champion, tested, training, columns, ids, moments, labels):
        """How a new version did against the serving one; values for the new version.

        Both are judged by the cards that were tested, on rows that neither has learned from: what serves has learned
        from the very rows that tested it, so it would know the answers.
        """
        if artifact.digest(artifact.dump(training.card)) == champion.digest:
            return {
                "verdict": "same",
                "verdict_text": self.env._("The same as the one that serves: these records teach nothing else."),
            }
        if self.method == "anomaly":
            return self._sign_challenge(champion, tested, columns, ids)
        rows = self._unseen_by(champion, ids, moments)
        latest = {key: column.take(rows) for key, column in columns.items()}
        new = tested.card.score(latest)
        # The declarations kept are those of the card that serves: its twin may read an input that this one left out.
        known = self._columns(list(champion._specs().values()), [ids[row] for row in rows])
        old = champion._tested_card().score({**latest, **known})
        both = ~(np.isnan(new.values) | np.isnan(old.values))
        result = challenge(labels[rows][both], new.values[both], old.values[both])
        untested = self._untested_text(labels)
        if untested:
            return {"challenge": result.to_dict(), "verdict": "inconclusive", "verdict_text": untested}
        text = {
            "better": self.env._("Better on the latest %s records.", result.rows),
            "worse": self.env._("Worse on the latest %s records.", result.rows),
            "inconclusive": self.env._("Too early to say: about %s more outcomes needed.", result.more_needed),
        }[result.verdict]
        if result.verdict == "inconclusive" and not result.more_needed:
            mixed = (result.auc_gain or 0) * (result.brier_gain or 0) < 0
            text = (
                self.env._("Better in one figure, worse in another.")
                if mixed
                else self.env._("About as good as the one that serves.")
            )
        return {"challenge": result.to_dict(), "verdict": result.verdict, "verdict_text": text}

    def _sign_challenge(self, champion, tested, columns, ids):
        """How a new anomaly card did against the serving one, by reviewers' verdicts on cases that only one asks about.

        At equal capacity: the new card asks about as many records as the serving one. Counted are cases that came to
        reviewers for reasons of their own, since the serving version learned. A card that has learned from verdicts
        knows the answers, so it is told by the verdicts that tested it.
        """
        if tested.card.kind != "anomaly":
            return {"verdict": "inconclusive", "verdict_text": self._judged_text(tested)}
        verdicts = self._independent_verdicts(champion)
        known = self._columns(list(champion._specs().values()), ids)
        new, old = tested.card.score(columns), champion._card().score({**columns, **known})
        asks_old = np.asarray(old.predictions, dtype=bool)
        ranks = np.argsort(np.argsort(-np.nan_to_num(new.values, nan=-1.0), kind="stable"))
        asks_new = ranks < asks_old.sum()
        rows = [row for row, res_id in enumerate(ids) if res_id in verdicts]
        attempts = self.sudo().version_ids.filtered(lambda version: version.number > champion.number)
        result = sign_challenge(
            [verdicts[ids[row]] for row in rows], asks_new[rows], asks_old[rows], attempts=len(attempts) + 1
        )
        if not result.cases:
            return {"verdict": "inconclusive", "verdict_text": self._judged_text(tested)}
        text = self.env._(
            "Of %(cases)s cases where only one of them would have asked a person, reviewers agreed with this one in "
            "%(right)s.",
            cases=result.cases,
            right=result.right,
        )
        if result.more_needed:
            text = self.env._("%(text)s About %(more)s more are needed.", text=text, more=result.more_needed)
        return {"challenge": result.to_dict(), "verdict": result.verdict, "verdict_text": text}

    def _independent_verdicts(self, champion):
        """{record id: whether it was unusual} of cases that no card chose, decided since `champion` learned."""
        self.env["ai.deployment.review"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, ground_truth = 'positive' FROM ai_deployment_review"
                " WHERE deployment_id = %s AND state = 'decided' AND is_label AND reason = ANY(%s)"
                " AND decided_date > %s ORDER BY res_id, decided_date DESC, id DESC",
                self.id,
                list(INDEPENDENT_REASONS),
                champion.trained_date,
            )
        )
        return dict(rows)

    def _unseen_by(self, champion, ids, moments):
        """The numbers of the rows that test a new version and that the tested card of `champion` never learned from."""
        later, learned = self._test_rows(len(ids)), (champion.sudo().held_out or {}).get("learned")
        if not learned:
            return later
        if learned["id"] in ids:  # rows keep their order, also those of one moment
            return later[later > ids.index(learned["id"])]
        return later[moments[later] > learned["moment"]]


def _weekly_offsets(moments, labels, values):
    """[[log odds by which more came true than was said, information]] of each week, for `counts.weekly_spread`."""
    weeks = np.floor((moments - moments.min()) / WEEK_DAYS)
    return [
        [round(number, 5) for number in counts.offset(labels[weeks == week], values[weeks == week])]
        for week in np.unique(weeks)
    ]
