"""What Odoo itself warns of, replayed on every bill as of the moment it was entered.

Odoo warns only while a bill is a draft and keeps nothing, so its two rules are computed again here, from the same
fields (account/models/account_move.py: `_compute_abnormal_warnings`, `_fetch_duplicate_reference`). What was entered
before a bill are the bills of earlier days and, of the same day, those with a lower id.
"""

import numpy as np

from odoo.tools import SQL

FEWEST, MOST = 10, 30  # bills of the vendor that Odoo looks back on
DEVIATIONS = 2


def duplicate_warnings(env, ids):
    """1 where an earlier bill has the same vendor, type, amount and day, or the same reference and year."""
    rows = env.execute_query(
        SQL(
            """
            SELECT id FROM (
                SELECT id,
                       amount_total <> 0 AND ROW_NUMBER() OVER (
                           PARTITION BY company_id, move_type, commercial_partner_id, invoice_date, amount_total
                           ORDER BY id
                       ) > 1 AS same_amount,
                       ref IS NOT NULL AND ROW_NUMBER() OVER (
                           PARTITION BY company_id, move_type, commercial_partner_id, ref,
                                        EXTRACT(YEAR FROM invoice_date)
                           ORDER BY id
                       ) > 1 AS same_reference
                  FROM account_move
                 WHERE state = 'posted' AND move_type IN ('in_invoice', 'in_refund')
            ) AS bill
            WHERE same_amount OR same_reference
            """
        )
    )
    return np.isin(ids, [move_id for (move_id,) in rows]).astype(float)


def amount_warnings(env, ids):
    """1 where the amount is beyond two standard deviations of the vendor's last 10 to 30 bills."""
    rows = env.execute_query(
        SQL(
            "SELECT id, partner_id, move_type, currency_id, invoice_date, amount_total FROM account_move"
            " WHERE state = 'posted' AND move_type IN ('in_invoice', 'in_refund')"
            " ORDER BY partner_id, move_type, currency_id, invoice_date, id"
        )
    )
    asked, warned = set(ids), set()
    begin = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end][1:4] != rows[begin][1:4]:
            warned.update(_warned(rows[begin:end], asked))
            begin = end
    return np.isin(ids, list(warned)).astype(float)


def _warned(rows, asked):
    """Those of one vendor's bills, in time order, whose amount Odoo warns of."""
    days = np.array([row[4].toordinal() for row in rows])
    amounts = np.array([float(row[5]) for row in rows])
    for here in range(FEWEST, len(rows)):
        if rows[here][0] not in asked:
            continue
        # Odoo's window ends at the 30th bill back, and takes all others of that bill's day with it.
        begin = days.searchsorted(days[max(here - MOST, 0)])
        before = amounts[begin:here]
        if abs(amounts[here] - before.mean()) > DEVIATIONS * before.std(ddof=1):
            yield rows[here][0]
