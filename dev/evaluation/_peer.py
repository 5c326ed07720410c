"""Logistic regression on the same inputs, outside the product: what a data scientist would try first."""

import numpy as np

from ._lead_file import CATEGORIES, NUMBERS


class Regression:
    def __init__(self, calls):
        from sklearn.compose import make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        numbers = list(range(len(NUMBERS)))
        categories = list(range(len(NUMBERS), len(NUMBERS) + len(CATEGORIES) + 3))
        filled = make_pipeline(SimpleImputer(add_indicator=True, keep_empty_features=True), StandardScaler())
        prepared = make_column_transformer((filled, numbers), (OneHotEncoder(handle_unknown="ignore"), categories))
        self.model = make_pipeline(prepared, LogisticRegression(max_iter=1000))
        self.model.fit(_table(calls), [call.won for call in calls])

    def predict(self, calls):
        return self.model.predict_proba(_table(calls))[:, 1]


def _table(calls):
    rows = [
        [np.nan if call.properties[name] is None else call.properties[name] for name in NUMBERS]
        + [call.properties[name] or "unknown" for name in CATEGORIES]
        + [call.contact, call.outcome_before, call.job or "unknown"]
        for call in calls
    ]
    return np.array(rows, dtype=object)
