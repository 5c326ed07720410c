from . import ai_deployment_suspend
