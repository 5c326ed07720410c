"""The challenger of a deployment in one scoring run: it reads with the serving version, scores, and is logged.

Nothing of it reaches the serving version. What it reads beside the inputs of the serving version is read in a
savepoint; what it raises is kept and told at the end (`report`), as one alert; where it fails again and again it is
set aside. Its lines travel in the statement that writes the chunk, so a challenger with the same inputs costs none.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.columns import Column
from ...ml.errors import VersionError
from ..alerting.alert_kinds import CHALLENGER
from ..deployment.serving import challenging
from ..tools import batch_insert, clock, faults
from ..tools.limits import LONGEST_TOLD
from ..tools.told import told
from ..tools.wording import for_reader

_logger = logging.getLogger(__name__)

MOST_FAILURES = 5  # chunks within a day, after which a challenger is set aside
# What of the declaration of an input does not change what is read.
NOT_READ = frozenset({"name", "sensitive", "required", "direction", "tail", "weight", "stands_alone", "together"})
Read = Callable[[list[dict]], dict[str, Column]]


class ChallengerRun:
    """Score chunks with the challenger.

    :param deployment: `ai.deployment` in sudo, with a challenger
    :param specs: {key: declaration} of the inputs of the serving version
    """

    def __init__(self, deployment: BaseModel, specs: dict[str, dict]) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.version = deployment.challenger_id
        self.serving = deployment.champion_id
        self.error: Exception | None = None
        self.is_usable = True
        self.others: list[dict] = []  # declarations that only the challenger reads
        self.read_as: dict[str, str] = {}  # {key of its input: key of the column that holds it}
        try:
            if fault := self.version._fault():
                raise fault
            self.card = self.version._card()
            self.read_as, self.others = shared_inputs(self.version._specs(), specs)
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise  # a collision, a fault of the server: nobody's
            self._fail(error)

    def columns(self, read: Read, specs: Sequence[dict]) -> dict[str, Column]:
        """Return the columns of `specs` and of what the challenger reads beside them; without them where that fails.

        :param read: function that reads the columns of a list of declarations
        """
        if not self.is_usable or not self.others:
            return read([*specs])
        try:
            with self.env.cr.savepoint():
                return read([*specs, *self.others])
        except Exception as error:
            kind = faults.kind_of(error)
            if kind and kind != faults.TOO_SLOW:
                raise  # a collision, a fault of the server: nobody's
            self._fail(error)
            return read([*specs])

    def lines(
        self,
        columns: dict[str, Column],
        rows: Sequence[int],
        ids: Sequence[int],
        companies: Sequence[int],
        firsts: Sequence[bool],
        scored: Any,
    ) -> SQL | None:
        """Score `rows` of a chunk; return the statement that logs them, None where that fails.

        :param columns: of the whole chunk
        :param ids: of the records in `rows`, as `companies` and `firsts`
        :param scored: of the whole chunk, by the serving version
        """
        if not self.is_usable:
            return None
        try:
            taken = np.array(rows, dtype=int)
            mine = self.card.score({key: columns[name].take(taken).named(key) for key, name in self.read_as.items()})
            places = range(len(rows))
            return batch_insert.insert_statement(
                "ai_deployment_challenger_score",
                {
                    "date": ("timestamp", clock.now()),
                    "deployment_id": ("int4", self.deployment.id),
                    "company_id": ("int4", list(companies)),
                    "res_model": ("varchar", self.deployment.res_model),
                    "res_id": ("int4", list(ids)),
                    "version_id": ("int4", self.version.id),
                    "serving_id": ("int4", self.serving.id),
                    "is_first": ("bool", list(firsts)),
                    "predicted_value": ("float8", _known(mine.values, mine.errors, places)),
                    "prediction": ("bool", _known(mine.predictions, mine.errors, places)),
                    "confidence": ("float8", _known(mine.confidences, mine.errors, places)),
                    "failure_type": (
                        "varchar",
                        [mine.errors[place].failure_type if place in mine.errors else None for place in places],
                    ),
                    "serving_value": ("float8", _known(scored.values, scored.errors, rows)),
                    "serving_prediction": ("bool", _known(scored.predictions, scored.errors, rows)),
                },
            )
        except Exception as error:
            if faults.kind_of(error) == faults.LOST_CONNECTION:
                raise
            self._fail(error)
            return None

    def report(self) -> None:
        """Count and tell a failure of this run; set the challenger aside where it is damaged or fails repeatedly."""
        if not self.error:
            return
        error, self.error = self.error, None
        try:
            with self.env.cr.savepoint():
                failed(self.deployment, error)
        except Exception as trouble:  # told next time: the scores of the serving version are what counts
            if faults.kind_of(trouble) == faults.LOST_CONNECTION:
                raise
            faults.log_fault(_logger, f"A failing challenger of deployment {self.deployment.id} was not told", trouble)

    def _fail(self, error: Exception) -> None:
        """Score no more in this run."""
        self.error, self.is_usable = error, False
        faults.log_fault(_logger, f"The challenger of deployment {self.deployment.id} failed", error)


def failed(deployment: BaseModel, error: Exception) -> None:
    """Store that the challenger failed on a chunk, alert, and set it aside where it is damaged or fails repeatedly."""
    env = deployment.env
    env["ai.deployment.assignment"].flush_model()
    # Several workers may meet the same failing challenger: none waits for the other.
    rows = env.execute_query(
        SQL(
            "UPDATE ai_deployment_assignment SET failure_date = %(now)s,"
            " failure_count = CASE WHEN failure_date > %(now)s - interval '1 day' THEN failure_count + 1 ELSE 1 END"
            " WHERE id IN (SELECT id FROM ai_deployment_assignment WHERE deployment_id = %(deployment)s"
            " AND role = 'challenger' AND end_date IS NULL FOR NO KEY UPDATE SKIP LOCKED)"
            " RETURNING failure_count",
            now=clock.now(),
            deployment=deployment.id,
        )
    )
    if not rows:
        return
    [[failures]] = rows
    deployment = for_reader(deployment)
    env, challenger = deployment.env, challenging(deployment)
    challenger.invalidate_recordset(["failure_count", "failure_date"])
    name = challenger.version_id.name
    why = str(error) if isinstance(error, VersionError) else faults.how_it_failed(error)
    is_aside = isinstance(error, VersionError) or failures >= MOST_FAILURES

    def what(there: Environment) -> str:
        if is_aside:
            return there._("The challenger %(version)s was set aside: %(why)s", version=name, why=why)
        return there._("The challenger %(version)s could not score: %(why)s", version=name, why=why)

    def suggestion(there: Environment) -> str:
        if is_aside:
            return there._("The serving version is not affected. Choose another challenger, or train a new version.")
        return there._("The serving version is not affected. Withdraw the challenger, or train a new version.")

    if is_aside:
        deployment._withdraw_challenger(what(env))
    env["ai.deployment.alert"]._raise(
        deployment,
        CHALLENGER,
        name=told(env, lambda there: what(there)[:LONGEST_TOLD]),
        level="notice",
        suggestion=told(env, suggestion),
    )


def shared_inputs(mine: dict[str, dict], specs: dict[str, dict]) -> tuple[dict[str, str], list[dict]]:
    """Return ({key of an input of `mine`: key of the column that holds it}, declarations that `specs` does not read).

    An input of the same key that reads something else has a column of its own.
    """
    read_as, others = {}, []
    for key, spec in mine.items():
        is_shared = key in specs and _reading(spec) == _reading(specs[key])
        read_as[key] = key if is_shared else f"challenger {key}"
        if not is_shared:
            others.append({**spec, "key": read_as[key]})
    return read_as, others


def _reading(spec: dict) -> dict:
    """Return what of a declaration decides what is read."""
    return {name: value for name, value in spec.items() if name not in NOT_READ}


def _known(values: Any, errors: dict, places: Sequence[int]) -> list:
    return [None if place in errors else values[place].item() for place in places]
