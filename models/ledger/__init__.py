from . import ai_deployment_asked
from . import ai_deployment_settled
from . import ai_deployment_line_state
from . import ai_deployment_day_count
from . import ai_deployment_sum
