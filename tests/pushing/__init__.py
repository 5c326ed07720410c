from . import test_ai_deployment
from . import test_ai_deployment_failure_detail
from . import test_ai_deployment_inference
from . import test_ai_deployment_push
from . import test_observing
from . import test_push_client
from . import test_pushed_run
from . import test_rows
