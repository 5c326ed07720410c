from . import test_ai_deployment_overview
from . import test_headlines
