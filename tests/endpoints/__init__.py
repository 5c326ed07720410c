from . import test_ai_deployment_endpoint
from . import test_ai_deployment_endpoint_answer
from . import test_ai_deployment_endpoint_call
from . import test_ai_deployment_version
from . import test_binding
from . import test_breakers
from . import test_budget
from . import test_connection
