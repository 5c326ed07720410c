from . import ai_deployment_alert_mute
from . import ai_deployment_check_sign
from . import ai_deployment_check_waive
from . import ai_deployment_decide
from . import ai_deployment_health_address
from . import ai_deployment_retire
from . import ai_deployment_review_decide
from . import ai_deployment_version_import
