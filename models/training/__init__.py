from . import ai_deployment_segment_test
from . import ai_deployment_training
from . import ai_deployment
from . import ai_deployment_leaks
from . import ai_deployment_trigger
