from . import test_ai_deployment_feature
from . import test_feature_reader
from . import test_feature_reader_histories
from . import test_names
from . import test_path_description
from . import test_readable_inputs
from . import test_tag_inputs
from . import test_values
