from . import test_ai_deployment_health
from . import test_ai_deployment_health_address
from . import test_ai_deployment_restore
from . import test_ai_deployment_sentinel
from . import test_clock_jumps
from . import test_health_checks
from . import test_health_registry
