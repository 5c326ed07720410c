from . import faults
from . import quiet_sql
