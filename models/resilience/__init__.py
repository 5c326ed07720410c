from . import ai_deployment_drill
from . import fault_drill
from . import alert_drill
from . import ai_deployment
from . import fallback_rule
