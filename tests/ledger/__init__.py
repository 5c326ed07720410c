from . import test_ai_deployment_day_count
from . import test_ai_deployment_ledger
