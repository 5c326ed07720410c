"""Eight public tables that ship with packages, as columns and labels: rows are not in time.

==============  =================  ==============================================================
name            from               label
==============  =================  ==============================================================
breast_cancer   scikit-learn       malignant
wine            scikit-learn       the second of three growers
digits          scikit-learn       an even digit
rossi           lifelines          arrested again within the year
gbsg2           lifelines          cancer came back, or death, within three years (others: known for longer)
fair            statsmodels        any affair
anes96          statsmodels        voted for Dole
bank            the bank's calls   "yes"; what is known before the call, as in `_lead_file`
==============  =================  ==============================================================

Left out of the list: lung, larynx and randhie of these packages and scikit-learn's iris and diabetes, on which the
learners were developed.
"""

from dataclasses import dataclass

import numpy as np

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column

from lib import interpret

from . import _lead_file

OTHER_PACKAGES = ("lifelines.rossi", "lifelines.gbsg2", "statsmodels.fair", "statsmodels.anes96")
YEARS_3 = 3 * 365


@dataclass(frozen=True)
class Table:
    """`columns` by name, and (n,) bool `labels`."""

    name: str
    columns: dict
    labels: np.ndarray


def tables(bank_file, say):
    """({name: Table}, {name: why it is missing})."""
    found, missing = [*_of_scikit_learn()], {}
    others, trouble = interpret.tables(OTHER_PACKAGES)
    if trouble:
        say(f"Skipped: lifelines and statsmodels, {trouble}")
        missing |= {name.split(".")[1]: trouble for name in OTHER_PACKAGES}
    else:
        found += _of_others(others)
    if bank_file:
        found.append(_bank(bank_file))
    else:
        missing["bank"] = "its file is not there: --data FILE"
    return {table.name: table for table in found}, missing


def _of_scikit_learn():
    from sklearn import datasets

    for name, positive in (
        ("breast_cancer", lambda y: y == 0),
        ("wine", lambda y: y == 1),
        ("digits", lambda y: y % 2 == 0),
    ):
        data = getattr(datasets, f"load_{name}")()
        columns = {column: data.data[:, j] for j, column in enumerate(map(str, data.feature_names))}
        yield _table(name, columns, positive(data.target))


def _of_others(others):
    rossi = others["lifelines.rossi"]
    yield _table("rossi", _without(rossi, "week", "arrest"), np.array(rossi["arrest"]) == 1)
    gbsg2 = others["lifelines.gbsg2"]
    days, came = np.array(gbsg2["time"]), np.array(gbsg2["cens"]) == 1
    known = np.flatnonzero(came | (days >= YEARS_3))
    columns = {name: [values[row] for row in known] for name, values in _without(gbsg2, "time", "cens").items()}
    yield _table("gbsg2", columns, (came & (days < YEARS_3))[known])
    fair = others["statsmodels.fair"]
    yield _table("fair", _without(fair, "affairs"), np.array(fair["affairs"]) > 0, ("occupation", "occupation_husb"))
    anes = others["statsmodels.anes96"]
    yield _table("anes96", _without(anes, "vote", "logpopul"), np.array(anes["vote"]) == 1)


def _bank(path):
    calls = _lead_file.read(path)
    columns = {name: [getattr(call, name) for call in calls] for name in _lead_file.OWN}
    properties = (*_lead_file.NUMBERS, *_lead_file.CATEGORIES)
    columns |= {name: [call.properties[name] for call in calls] for name in properties}
    return _table("bank", columns, np.array([call.won for call in calls]))


def _without(columns, *names):
    return {name: values for name, values in columns.items() if name not in names}


def _table(name, columns, labels, categories=()):
    made = {}
    for column, values in columns.items():
        is_text = column in categories or any(isinstance(value, str) for value in values)
        if is_text:
            values = [None if value is None else str(value) for value in values]
        made[column] = make_column(column, CATEGORY if is_text else NUMBER, values)
    return Table(name, made, np.asarray(labels, dtype=bool))
