"""HTTP calls: plain Python on requests, no Odoo, no recordset, no cursor.

Addresses, texts and secrets are handed in; answers and one error per call come out, as the words of ``ml/errors.py``.

=======  =====================================================================
masking  a text without the address or secret that it may quote
guard    which addresses may be called, checked where the connection is made
session  one call: time limits, few repeats, checked answers, nothing logged
webhook  a message for a chat, in the format of Slack's incoming webhooks
calls    several calls at the same time, so that none waits for another
=======  =====================================================================

Imports run upwards in this table, never down. Import the modules, not this package: it holds only this map.
"""
