from . import test_ai_deployment_alert
from . import test_ai_deployment_alert_mute
from . import test_ai_deployment_alert_reading
from . import test_ai_deployment_channel
from . import test_ai_deployment_channel_summary
from . import test_ai_deployment_message
