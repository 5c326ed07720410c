from . import ai_deployment_line_state
from . import ai_deployment_day_count
