from . import optional_float
from . import faults
from . import quiet_sql
from . import trust
from . import ai_deployment_readable_mixin
from . import shipped
from . import ai_deployment_guarded_mixin
from . import ai_deployment_named_mixin
