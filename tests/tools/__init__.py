from . import test_ai_deployment_guarded_mixin
from . import test_ai_deployment_readable_mixin
from . import test_batch_insert
from . import test_credentials
from . import test_faults
from . import test_shipped
from . import test_turns
from . import test_wording
