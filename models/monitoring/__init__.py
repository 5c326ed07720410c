from . import ai_deployment_profile
from . import ai_deployment_reference
from . import ai_deployment_report
from . import ai_deployment_report_line
from . import ai_deployment
