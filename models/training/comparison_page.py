"""What the page of a comparison shows, as plain texts: both versions side by side, and what would change.

It is made for who reads it: records that the reader may not read have no name and no link.
"""

from typing import Any

from odoo.models import BaseModel
from odoo.tools import format_amount

from ..tools.wording import number, percent, plain, signed
from .segment_tests import part_names

PLOT = 200  # pixels of the calibration plot
MOST_MOVED = 8  # points of the cards that are told
NOTABLE = 0.01  # of a Brier score: less is no difference that is worth a colour


class ComparisonPage:
    """The page of one comparison that is done.

    :param comparison: ai.deployment.comparison with the rights of the reader
    """

    def __init__(self, comparison: BaseModel) -> None:
        comparison.ensure_one()
        self.comparison = comparison
        self.env = comparison.env
        self.told = comparison.sudo()
        self.deployment = self.told.deployment_id
        self.result = self.told.result or {}
        self.names: dict[int, tuple[str, str]] = {}

    def values(self) -> dict[str, Any]:
        """Return the values of the template `comparison_page`."""
        changes = self.result["changes"]
        asked = [*changes["flagged_ids"], *changes["unflagged_ids"], *(row["id"] for row in self.result["regressions"])]
        self.names = self._readable(asked)
        figures = self.result["figures"]
        return {
            "champion": self.told.serving_id.name,
            "challenger": self.told.challenger_id.name,
            "basis": self._basis(figures),
            "verdict": self._verdict(),
            "rows": self._rows(figures) if "champion" in figures else [],
            "plot": self._plot(figures) if "champion" in figures else None,
            "size": PLOT,
            "segment": self._segment_name(),
            "segments": self._segments(figures),
            "changes": self._changes(changes),
            "bands": changes["bands"],
            "flagged": self._links(changes["flagged_ids"]),
            "unflagged": self._links(changes["unflagged_ids"]),
            "regressions": self._regressions(),
            "differences": self._differences(),
        }

    def summary(self) -> str:
        """Return what came of it in one line: the verdict of the gate, else what the figures rest on."""
        return self._verdict() or self._basis(self.result["figures"])

    def _basis(self, figures: dict) -> str:
        """Return what the figures rest on, or why there are none."""
        if "champion" in figures:
            return self.env._(
                "%(rows)s records that neither version has learned from, %(positives)s of them came true.",
                rows=number(self.env, figures["rows"]),
                positives=number(self.env, figures["positives"]),
            )
        return self.env._(
            "Too few outcomes: %(rows)s records that neither version has learned from are known, %(positives)s of them "
            "came true. Figures are shown from 20 of either kind on.",
            rows=number(self.env, figures["rows"]),
            positives=number(self.env, figures["positives"]),
        )

    def _verdict(self) -> str:
        """Return what the gate has found of what both scored, where this is the challenger still."""
        assignment = self.deployment.assignment_ids.filtered(
            lambda one: one.role == "challenger" and one.version_id == self.told.challenger_id
        )[:1]
        if assignment.verdict:
            labels = dict(assignment._fields["verdict"]._description_selection(self.env))
            return assignment.verdict_text or f"{labels[assignment.verdict]}."  # the text says it as well
        if not assignment or assignment.end_date:
            return ""
        return self.env._(
            "No verdict yet: %s outcomes of records that both versions scored are known.",
            number(self.env, assignment.outcome_count),
        )

    def _rows(self, figures: dict) -> list[tuple[str, str, str, str]]:
        """Return (figure, serving version, challenger, difference with its interval)."""
        ours, theirs, env = figures["champion"], figures["challenger"], self.env
        return [
            (env._("AUC"), self._three(ours["auc"]), self._three(theirs["auc"]), self._gain(figures["auc"])),
            (
                env._("Brier score (lower is better)"),
                self._three(ours["brier"]),
                self._three(theirs["brier"]),
                self._gain(figures["brier"]),
            ),
            (
                env._("Precision among the highest %s", number(env, figures["looked_at"])),
                percent(env, ours["precision"]),
                percent(env, theirs["precision"]),
                signed(env, 100 * (theirs["precision"] - ours["precision"]), 0) + " %",
            ),
        ]

    def _gain(self, gain: dict) -> str:
        if gain["estimate"] is None:
            return "–"
        return self.env._(
            "%(gain)s (95 %% between %(low)s and %(high)s)",
            gain=signed(self.env, gain["estimate"], 3),
            low=signed(self.env, gain["low"], 3),
            high=signed(self.env, gain["high"], 3),
        )

    def _three(self, value: float | None) -> str:
        return "–" if value is None else number(self.env, value, 3)

    def _plot(self, figures: dict) -> list[dict[str, Any]]:
        """Return the points of both calibration plots in pixels, with their texts."""
        return [
            {
                "side": side,
                "line": " ".join(f"{PLOT * mean:.1f},{PLOT * (1 - share):.1f}" for mean, share, _rows in points),
                "points": [
                    {
                        "x": round(PLOT * mean, 1),
                        "y": round(PLOT * (1 - share), 1),
                        "text": self.env._(
                            "%(mean)s said, %(share)s of %(rows)s came true",
                            mean=percent(self.env, mean),
                            share=percent(self.env, share),
                            rows=number(self.env, rows),
                        ),
                    }
                    for mean, share, rows in points
                ],
            }
            for side in ("champion", "challenger")
            for points in [figures[side]["calibration"]]
        ]

    def _segment_name(self) -> str:
        """Return the name of the input whose values the segments are, empty where no input reads them."""
        path = self.result.get("segment_path")
        return self.deployment.feature_ids.filtered(lambda feature: path in feature._paths())[:1].name or ""

    def _segments(self, figures: dict) -> list[dict[str, Any]]:
        found = figures.get("segments") or []
        names = part_names(self.deployment, self.result.get("segment_path"), [row["part"] for row in found])
        return [
            {
                "name": names.get(row["part"], row["part"]),
                "rows": number(self.env, row["rows"]),
                "auc": [self._three(value) for value in row.get("auc", (None, None))],
                "brier": [self._three(ours), self._three(theirs)],
                "is_worse": ours is not None and theirs is not None and theirs - ours > NOTABLE,
            }
            for row in found
            for ours, theirs in [row.get("brier") or (None, None)]
        ]

    def _changes(self, changes: dict) -> list[str]:
        """Return what would change, one sentence each."""
        env, reviews = self.env, self.result["reviews"]
        texts = [
            env._(
                "Of the latest %(rows)s records, %(flagged)s would change to “yes” and %(unflagged)s to “no”; "
                "%(up)s would rise by a band or more, %(down)s would fall.",
                rows=number(env, changes["rows"]),
                **{name: number(env, changes[name]) for name in ("flagged", "unflagged", "up", "down")},
            )
        ]
        if changes["value"] is not None:
            amount = format_amount(env, changes["value"], self.deployment.company_id.currency_id)
            texts.append(env._("Value of the records that would change sides: %s.", amount))
        if reviews["per_day"]:
            texts.append(
                env._(
                    "Reviews by threshold: about %(after)s a day instead of %(before)s.",
                    after=plain(env, round(reviews["after"], 1)),
                    before=plain(env, round(reviews["before"], 1)),
                )
            )
        if self.result["failed"]:
            texts.append(env._("The challenger could not score %s of them.", number(env, self.result["failed"])))
        return texts

    def _regressions(self) -> list[dict[str, Any]]:
        """Return the records with a known outcome on which the challenger did worst, as far as the reader sees them."""
        return [
            {
                "name": name,
                "url": url,
                "outcome": self.env._("came true") if row["label"] else self.env._("did not come true"),
                "before": percent(self.env, row["before"]),
                "after": percent(self.env, row["after"]),
            }
            for row in self.result["regressions"]
            if row["id"] in self.names
            for name, url in [self.names[row["id"]]]
        ]

    def _links(self, ids: list[int]) -> list[tuple[str, str]]:
        return [self.names[res_id] for res_id in ids if res_id in self.names]

    def _readable(self, ids: list[int]) -> dict[int, tuple[str, str]]:
        """Return {id: (name, address)} of those of the records that the reader may read."""
        documents = self.env[self.deployment.res_model]
        if not ids or not documents.has_access("read"):
            return {}
        readable = documents.browse(dict.fromkeys(ids)).exists()._filtered_access("read")
        return {record.id: (record.display_name, f"/odoo/{documents._name}/{record.id}") for record in readable}

    def _differences(self) -> list[str]:
        """Return how the cards differ, in words."""
        env, old, new = self.env, self.comparison.serving_id, self.comparison.challenger_id
        found = env["report.ai_deployment.version_difference"]._differences(old, new)
        if found["broken"]:
            return [env._("One of the versions is damaged: %s", found["broken"])]
        texts = []
        if found["added"]:
            texts.append(env._("New inputs: %s.", ", ".join(found["added"])))
        if found["removed"]:
            texts.append(env._("No longer read: %s.", ", ".join(found["removed"])))
        texts += [
            env._(
                "%(input)s, %(value)s: %(before)s points before, %(after)s now.",
                **{name: row[name] for name in ("input", "value", "before", "after")},
            )
            for row in found["moved"][:MOST_MOVED]
        ]
        return texts or [env._("No input was added or removed, and no common value has changed its points.")]
