from . import ai_deployment_alert_mute
