from . import test_ai_deployment_leaks
from . import test_ai_deployment_reviewed
from . import test_ai_deployment_training
from . import test_ai_deployment_training_moments
from . import test_ai_deployment_trigger
