from . import ai_deployment_overview
