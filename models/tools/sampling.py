"""Enough of many records: a part that is always the same, drawn by the records' own numbers.

Statistics of a week need thousands of records, not hundreds of thousands. A part of bounded size costs the same however
many there are, and no alert rises just because many records make any deviation certain.
"""

from odoo.tools import SQL

MOST = 2000  # records of a sample
_NUMBERS = 2**31


def in_drawn_order(column: SQL) -> SQL:
    """SQL to sort records of one moment by, after that moment; `column` holds their ids.

    Records of an import share their moment, and their ids stand in the order of its file, often sorted by outcome.
    """
    return SQL("hashint4(%s), %s", column, column)


def drawn(column: SQL, count: int) -> SQL:
    """SQL that holds for about `MOST` of `count` records, all where there are no more; `column` holds their ids.

    The expression is that of an index of the log (`_intake_idx`), so that only what is drawn is read.
    """
    if count <= MOST:
        return SQL("TRUE")
    return SQL("hashint4(%s) & %s < %s", column, _NUMBERS - 1, int(MOST / count * _NUMBERS))
