from . import test_ai_deployment_asked
from . import test_ai_deployment_day_count
from . import test_ai_deployment_settled
from . import test_ai_deployment_sum
from . import test_counting
