from . import optional_float
from . import faults
from . import quiet_sql
