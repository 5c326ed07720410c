"""HTTP calls: plain Python on requests, no Odoo, no recordset, no cursor.

Addresses, texts and secrets are handed in; answers and one error per call come out, as the words of ``ml/errors.py``.

=============  ======================================================================
masking        a text without the address or secret that it may quote
guard          which addresses may be called, checked where the connection is made
session        one call: time limits, few repeats, checked answers, nothing logged
webhook        a message for a chat, in the format of Slack's incoming webhooks
calls          several calls at the same time, so that none waits for another
breaker        when an endpoint that fails is left alone, and when it is tried again
schema         the form of an answer, as the part of JSON Schema that is checked
strict_json    JSON of the other side: one value, each key once, finite numbers
answer_fields  values that a model chooses or extracts: as asked for, and as they come back
contract       which inputs are sent under which names, and what comes back
protocols      what MLflow, Open Inference, chats and plain JSON send and answer
asking         one question about records, and what happened on the way
=============  ======================================================================

Imports run upwards in this table, never down. Import the modules, not this package: it holds only this map.
"""
