from . import ai_deployment_health_address
