from . import test_ai_deployment_day_count
from . import test_ai_deployment_ledger
from . import test_ai_deployment_request_closed
from . import test_ai_deployment_requested
from . import test_counting
