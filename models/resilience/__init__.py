from . import ai_deployment_drill
from . import ai_deployment_drill_faults
from . import ai_deployment_drill_alert
from . import ai_deployment_fallback
from . import ai_deployment_fallback_rule
