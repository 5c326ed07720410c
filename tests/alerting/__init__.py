from . import test_ai_deployment_alert
from . import test_ai_deployment_channel
from . import test_ai_deployment_message
from . import test_alert_kinds
from . import test_alert_records
from . import test_digest
from . import test_escalation
from . import test_muting
