from . import ai_deployment_alert_mute
from . import ai_deployment_gate_held
from . import ai_deployment_gate_pass
from . import ai_deployment_health_address
from . import ai_deployment_review_decide
from . import ai_deployment_version_import
from . import validate_account_move
