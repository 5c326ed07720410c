"""Who decides: the machine or a person; and who looks over the machine's shoulder.

``route`` says why a row needs a person, if it does. ``audit_selected`` draws the
random sample of automatic decisions that a person checks all the same: by a hash of
the record, so that asking twice changes nothing, and with a known chance, so that
the sample can be weighted back to all automatic decisions.
"""

import hashlib

import numpy as np

AUTOMATIC = ""
LOW_CONFIDENCE = "low_confidence"
FLAGGED = "flagged"
REASONS = (LOW_CONFIDENCE, FLAGGED)


def route(values, predictions, confidences, *, min_confidence, flag_positive=False):
    """Why each row needs a person: an object array of reasons, "" for automatic.

    ``flag_positive`` sends every positive prediction to a person, as an anomaly
    card does. A value or confidence that is not a number is never automatic.

    >>> route([0.9, 0.6], [True, True], [0.9, 0.6], min_confidence=0.8).tolist()
    ['', 'low_confidence']
    """
    values = np.asarray(values, dtype=np.float64)
    confidences = np.asarray(confidences, dtype=np.float64)
    reasons = np.full(len(values), AUTOMATIC, dtype=object)
    sure = (confidences >= min_confidence) & ~np.isnan(values)
    reasons[~sure] = LOW_CONFIDENCE
    if flag_positive:
        reasons[np.asarray(predictions, dtype=bool)] = FLAGGED
    return reasons


def audit_chance(distances, share, *, near=4.0, band=0.05):
    """(n,) chance of being audited: ``share``, and ``near`` times that at the line.

    ``distances`` says how far each automatic row is from the line that would have
    sent it to a person, in the unit of ``band``. Errors are densest just there.

    >>> audit_chance([0.01, 0.30], 0.02).tolist()
    [0.08, 0.02]
    """
    distances = np.asarray(distances, dtype=np.float64)
    return np.clip(np.where(distances < band, share * near, share), 0.0, 1.0)


def audit_selected(keys, share, salt=""):
    """bool array: which of the ``keys`` are audited, each with chance ``share``.

    The same key and salt give the same answer in every process. A key selected at
    one share is selected at every higher one. ``share`` may be one chance per key.

    >>> audit_selected(["lead,1", "lead,2"], 1.0).tolist()
    [True, True]
    """
    draws = np.array([_uniform(key, salt) for key in keys], dtype=np.float64)
    return draws < share


def _uniform(key, salt):
    """A number in [0, 1) that depends on nothing but key and salt."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
