from . import ai_deployment_inference
from . import ai_deployment_endpoint_call
from . import ai_deployment_score
from . import ai_deployment_challenger_score
from . import ai_deployment
from . import ai_deployment_request
from . import ai_deployment_batch
from . import ai_deployment_batch_chunk
