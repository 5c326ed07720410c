from . import test_ai_deployment
from . import test_ai_deployment_message
from . import test_checks
from . import test_clock_jumps
from . import test_input_schema
from . import test_monitor
from . import test_registry
from . import test_token
