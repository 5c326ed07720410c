"""Newton's method against scikit-learn and statistics by hand, and values that never fall."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from odoo.addons.ai_deployment.ml.logistic import (
    Columns,
    log_loss,
    logit,
    newton,
    rising,
    sigmoid,
)

RANDOM = np.random.default_rng(8)
X = np.column_stack([RANDOM.normal(size=(500, 2)), np.ones(500)])
LABELS = (RANDOM.random(500) < sigmoid(X @ np.array([1.0, -2.0, 0.5]))).astype(float)
WEIGHTS = RANDOM.random(500) + 0.5


def test_sigmoid_and_logit_undo_each_other():
    chances = np.array([1e-9, 0.2, 0.5, 0.9])
    assert sigmoid(logit(chances)) == pytest.approx(chances)
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_the_log_loss_is_that_of_the_definition():
    raw = RANDOM.normal(size=500)
    chances = sigmoid(raw)
    assert log_loss(LABELS, raw) == pytest.approx(-(LABELS * np.log(chances) + (1 - LABELS) * np.log(1 - chances)))


def test_a_ridge_is_that_of_scikit_learn():
    ours = newton(Columns(X[:, :2]), LABELS, WEIGHTS, np.zeros(2), precision=2.0 * np.eye(2))
    theirs = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10).fit(X[:, :2], LABELS, WEIGHTS)
    assert ours.settled
    assert ours.beta == pytest.approx(theirs.coef_[0], abs=1e-5)


def test_the_gradient_is_0_at_the_minimum_whatever_the_centre_and_the_offset():
    precision, centre, offset = np.diag([3.0, 0.5, 0.1]), np.array([1.0, -1.0, 2.0]), RANDOM.normal(size=500)
    found = newton(Columns(X), LABELS, WEIGHTS, centre, precision=precision, centre=centre, offset=offset)
    gaps = WEIGHTS * (LABELS - sigmoid(X @ found.beta + offset))
    assert X.T @ gaps == pytest.approx(precision @ (found.beta - centre), abs=1e-6)


def test_the_information_is_that_of_the_rows_and_the_penalty():
    precision = np.eye(3)
    found = newton(Columns(X), LABELS, WEIGHTS, np.zeros(3), precision=precision)
    p = sigmoid(X @ found.beta)
    assert found.information == pytest.approx((X * (WEIGHTS * p * (1 - p))[:, None]).T @ X + precision, rel=1e-6)


def test_separated_rows_never_settle_without_a_penalty():
    signs = np.where(LABELS > 0, 1.0, -1.0)[:, None]
    found = newton(Columns(signs), LABELS, np.ones(500), np.zeros(1), precision=np.zeros((1, 1)), longest=2.0, steps=9)
    assert not found.settled and found.beta[0] > 5
    assert newton(Columns(signs), LABELS, np.ones(500), np.zeros(1), precision=np.eye(1)).settled


def test_steps_and_what_they_gain_are_bounded():
    start = np.zeros(3)
    one = newton(Columns(X), LABELS, WEIGHTS, start, precision=np.eye(3), steps=1)
    short = newton(Columns(X), LABELS, WEIGHTS, start, precision=np.eye(3), steps=1, longest=0.1)
    assert not one.settled and abs(short.beta).max() == pytest.approx(0.1)
    assert start.tolist() == [0.0] * 3, "the start is left as it is"
    few = newton(Columns(X), LABELS, WEIGHTS, start, precision=np.eye(3), enough=1e9)
    assert few.settled and few.beta == pytest.approx(one.beta)


def test_a_start_far_too_extreme_comes_back():
    far = newton(Columns(X), LABELS, WEIGHTS, np.array([60.0, 60.0, -60.0]), precision=1e-3 * np.eye(3))
    near = newton(Columns(X), LABELS, WEIGHTS, np.zeros(3), precision=1e-3 * np.eye(3))
    assert far.settled and far.beta == pytest.approx(near.beta, abs=1e-6)


def test_rising_is_isotonic_regression():
    from sklearn.isotonic import isotonic_regression

    values, weights = RANDOM.normal(size=30), RANDOM.integers(1, 9, 30)
    assert rising(values, weights) == pytest.approx(isotonic_regression(values, sample_weight=weights))
