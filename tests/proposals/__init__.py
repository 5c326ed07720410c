from . import test_agreement
from . import test_ai_deployment
from . import test_ai_deployment_answer_field
from . import test_ai_deployment_proposal
from . import test_book
from . import test_declared
from . import test_values
from . import test_writing
