from . import test_ai_deployment
from . import test_headlines
