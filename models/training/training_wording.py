"""What trainings say: on their page, in their steps, in alerts."""

from typing import Any

from odoo.api import Environment
from odoo.models import BaseModel

from ..features.input_names import names_of
from ..tools.wording import labelled, number, percent
from . import cleaning

ONE_CLASS, INPUT_GONE, DATA = "one_class", "input_gone", "data"
MEMORY, TIME, KILLED, ERROR = "memory", "time", "killed", "error"
FAILURES = [
    (ONE_CLASS, "Only one kind of outcome"),
    (INPUT_GONE, "An input reads a field that is gone"),
    (DATA, "The records do not allow it"),
    (MEMORY, "Out of memory"),
    (TIME, "Out of time"),
    (KILLED, "The process was killed"),
    (ERROR, "Unexpected error"),
]


def collected(env: Environment, rows: int, positives: int | None) -> str:
    """Return how many records were read."""
    if positives is None:
        return env._("%s records.", number(env, rows))
    return env._(
        "%(rows)s records, %(share)s of them positive.",
        rows=number(env, rows),
        share=percent(env, positives / max(rows, 1)),
    )


def cleaned(env: Environment, dropped: list[dict]) -> str:
    """Return what is left out, in one line."""
    if not dropped:
        return env._("Nothing was left out.")
    return ", ".join(labelled(env, reason(env, each["code"]), number(env, each["count"])) for each in dropped) + "."


def reason(env: Environment, code: str) -> str:
    """Return why something is left out."""
    return {
        cleaning.TOO_YOUNG: env._("Records whose outcome is not due yet"),
        cleaning.UNREADABLE: env._("Records with a value that cannot be read"),
        cleaning.REQUIRED_EMPTY: env._("Records without a required input"),
        cleaning.LEAKS: env._("Inputs known only with the outcome"),
        cleaning.ALWAYS_EMPTY: env._("Inputs that are always empty"),
        cleaning.CONSTANT: env._("Inputs that never vary"),
    }.get(code, code)


def dropped_rows(training: BaseModel) -> list[dict]:
    """Return what was left out as rows of a table; of the examples, those that the reader may read."""
    env = training.env
    documents = env[training.sudo().deployment_id.res_model].with_context(active_test=False)
    rows = []
    for each in training.dropped:
        examples = documents.browse(each.get("ids") or []).exists()
        readable = examples._filtered_access("read") if documents.has_access("read") else documents.browse()
        records = [
            {"name": record.display_name, "url": f"/odoo/{documents._name}/{record.id}"}
            for record in readable.with_env(env)
        ]
        rows.append(
            {
                "reason": reason(env, each["code"]),
                "count": number(env, each["count"]),
                "records": records,
                "names": names_of(training.sudo().deployment_id.feature_ids, each.get("keys") or []),
            }
        )
    return rows


def fitted(env: Environment, metrics: dict) -> str:
    """Return what the tested card was learned from."""
    rows = metrics.get("train_rows", metrics.get("rows", 0))
    return env._(
        "Learned from %(rows)s records, %(inputs)s inputs and %(pairs)s interactions.",
        rows=number(env, rows),
        inputs=metrics.get("inputs", 0),
        pairs=metrics.get("pairs", 0),
    )


def calibrated(env: Environment, card: Any, metrics: dict) -> str:
    """Return how sums become chances, and from how many records the card learned that would serve."""
    how = {
        "identity": env._("none was needed"),
        "platt": env._("by a logistic curve"),
        "isotonic": env._("by a rising curve"),
        "percentile": env._("by rank"),
    }
    kind = card.calibration.to_dict()["kind"]
    rows = metrics.get("learned_rows", metrics.get("rows", 0))
    return env._(
        "Calibration: %(how)s. Learned again from all %(rows)s records.",
        how=how.get(kind, kind),
        rows=number(env, rows),
    )


def tested(env: Environment, metrics: dict) -> str:
    """Return how well the tested card did on later records."""
    if metrics.get("auc") is None or metrics.get("brier") is None:
        return env._("The records allow no test by outcomes.")
    return env._(
        "On %(rows)s later records: AUC %(auc)s, Brier score %(brier)s (base rate: %(base)s).",
        rows=number(env, metrics.get("test_rows", 0)),
        auc=number(env, metrics["auc"], 3),
        brier=number(env, metrics["brier"], 3),
        base=number(env, metrics.get("brier_base_rate") or 0.0, 3),
    )


def unchanged(env: Environment) -> str:
    """Return that a training found what the last one had learned from."""
    return env._("No new outcomes and no changed inputs since the last training: nothing to learn.")


def failed(env: Environment, failure: str, detail: str) -> str:
    """Return the sentence of a training that ended badly; nothing of it is kept.

    :param detail: a number or sentence that the kind of failure speaks of
    """
    if failure == MEMORY:
        return env._(
            "The training needs more memory than its budget of %s MB. Raise “Training Memory”, or remove inputs with "
            "many values.",
            detail,
        )
    if failure == TIME:
        return env._(
            "The training takes longer than its budget of %s seconds. Raise “Training Time”, or limit the records "
            "by “Only Records”.",
            detail,
        )
    if failure == KILLED:
        return env._(
            "The process of the training was killed %s times. Ask an administrator to check the server.", detail
        )
    if failure == ERROR:
        return env._("An unexpected error ended the training. Ask an administrator to check the server log.")
    return detail
