from . import test_ai_deployment_drill
from . import test_ai_deployment_fallback
from . import test_ai_deployment_fallback_rule
