from . import test_ai_deployment_drill
from . import test_fallback_rule
from . import test_fallback_switch
