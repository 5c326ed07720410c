from . import test_ai_deployment
from . import test_ai_deployment_assignment
from . import test_ai_deployment_transition
from . import test_ai_deployment_version
from . import test_ai_deployment_version_import
from . import test_life_cycle
