from . import test_access
from . import test_access_matrix
from . import test_access_properties
from . import test_access_rules
from . import test_attacks
from . import test_company_separation
from . import test_forged_by_callers
from . import test_separation
