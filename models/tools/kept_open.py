"""Code of people that runs inside a transaction of ours cannot end it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from odoo.api import Environment
from odoo.exceptions import UserError

# Names by which code reaches another connection, or the one below the cursor. Nothing that says a figure needs them.
FORBIDDEN = frozenset(
    "_cnx _obj autocommit callproc close commit connection copy_expert copy_from copy_to cursor executemany pool"
    " registry rollback".split()
)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# Going back to a savepoint ends nothing.
ENDING = re.compile(
    r"(?:^|;)\s*(?:abort|begin|commit|end|prepare\s+transaction|start\s+transaction"
    r"|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b",
    re.IGNORECASE,
)


@contextmanager
def kept_open(env: Environment) -> Iterator[None]:
    """Within, nothing commits, rolls back or closes the cursor of `env`; who tries gets a `UserError`."""
    cr, before, execute = env.cr, {}, env.cr.execute

    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise UserError(env._("it tries to end the transaction, which is not allowed."))

    def checked(query: Any, params: Any = None, log_exceptions: bool = True) -> Any:
        if ENDING.search(COMMENT.sub(" ", getattr(query, "code", None) or str(query))):
            refuse()
        return execute(query, params, log_exceptions)

    for name, stand_in in {"commit": refuse, "rollback": refuse, "close": refuse, "execute": checked}.items():
        before[name] = vars(cr).get(name)
        setattr(cr, name, stand_in)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                delattr(cr, name)
            else:
                setattr(cr, name, value)


def forbidden_names(code: str) -> list[str]:
    """Return the names in `code` (source text) that could end a transaction, sorted; none where it does not compile."""
    try:
        todo = [compile(code or "", "rule", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # running it says so
    found = set()
    while todo:
        part = todo.pop()
        found |= FORBIDDEN & {*part.co_names}
        todo += [constant for constant in part.co_consts if hasattr(constant, "co_names")]
    return sorted(found)
