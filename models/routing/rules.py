"""Settings of the reasons for reviews, as they are before an owner chooses."""

from ...ml import routing

# reason: (is on, priority). In this order several reasons for one record were told before owners could choose.
DEFAULTS = {
    routing.FAILED: (True, 10),
    routing.FLAGGED: (True, 20),
    routing.AMOUNT: (False, 30),
    routing.NEW_VENDOR: (False, 40),
    routing.OUT_OF_SUPPORT: (True, 50),
    routing.LOW_CONFIDENCE: (True, 60),
    routing.DISAGREEMENT: (False, 70),
    routing.AUDIT: (True, 90),
}
AMOUNT = 5000.0  # from which on a record is reviewed for its amount, where nobody chose
POINTS = 1  # by which models must disagree, where nobody chose
EDITABLE = {"amount", "cap", "is_on", "points", "priority"}
