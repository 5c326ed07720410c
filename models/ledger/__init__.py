from . import ai_deployment_requested
from . import ai_deployment_request_closed
from . import ai_deployment_line_state
from . import ai_deployment_day_count
from . import ai_deployment_ledger
