from . import tables
from .rights import (
    KINDS,
    NAMED_ROLES,
    ROLES,
    Rights,
)
