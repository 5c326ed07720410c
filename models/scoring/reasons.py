"""Reasons of reviews that several packages know."""

# Why a review expired whose record may come back.
MAY_RETURN = ("settled", "archived", "outside", "company")
# Why a record is reviewed.
REVIEW_REASONS = [
    ("failed", "Could not be scored"),
    ("low_confidence", "Low confidence"),
    ("flagged", "Looks unusual"),
    ("out_of_support", "Has a value never seen before"),
    ("amount", "High amount at stake"),
    ("new_vendor", "First bill of this vendor"),
    ("disagreement", "Odoo's own estimate differs"),
    ("audit", "Random check"),
    ("edge_case", "Excluded edge case"),
]
