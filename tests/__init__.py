from . import test_ai_deployment_monitoring
from . import test_ai_deployment_profile
from . import test_ai_deployment_scoring
from . import test_ai_deployment_training
from . import test_feature_reader
