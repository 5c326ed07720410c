"""The words of the tables: roles, and what a table says of one model."""

import dataclasses

ROLES = (
    "none",
    "seller",
    "clerk",
    "reviewer",
    "owner",
    "pure_owner",
    "deputy",
    "administrator",
    "auditor",
    "foreign_administrator",
    "portal",
)
NAMED_ROLES = frozenset({"reviewer", "owner", "deputy", "administrator", "auditor"})
NOBODY = frozenset()
# Kinds of fields, with who may write them among those who may write the record; see `Rights`.
KINDS = {
    "free": frozenset(ROLES),
    "judged": frozenset(ROLES),
    "owner": frozenset({"owner", "administrator"}),
    "admin": frozenset({"administrator"}),
    "fixed": NOBODY,
    "system": NOBODY,
    "hidden": NOBODY,
    "sensitive": NOBODY,
}


@dataclasses.dataclass(frozen=True)
class Rights:
    """Who may do what with a model, and of which kind each of its stored fields is. What is not said is nobody's.

    The roles are meant towards one certain row, that of `AccessMatrixCase.row_of`.

    free       whoever may write the record
    judged     the same, and the model judges each value: a write may be refused for the value
    owner      the owner and administrators, not the deputy
    admin      administrators alone
    fixed      chosen when the record is made, and never changed
    system     kept by the system: nobody, neither when the record is made nor by a default
    hidden     nobody reads, searches, groups, exports or writes it
    sensitive  read by members of "See Sensitive Inputs" (or who the field names) alone, written by nobody
    """

    read: frozenset = NOBODY
    create: frozenset = NOBODY
    write: frozenset = NOBODY
    unlink: frozenset = NOBODY
    free: str = ""
    judged: str = ""
    owner: str = ""
    admin: str = ""
    fixed: str = ""
    system: str = ""
    hidden: str = ""
    sensitive: str = ""

    def kinds(self):
        """{field: its kind}"""
        return {name: kind for kind in KINDS for name in getattr(self, kind).split()}

    def writers_of(self, kind):
        return self.write & KINDS[kind]
