from . import ai_deployment_drill
from . import ai_deployment_fallback_figure
from . import ai_deployment
