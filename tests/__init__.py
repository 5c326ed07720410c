# Odoo runs the test modules that it finds here by name: each folder hands its own on.
from .tools import *
from .features import *
from .documents import *
from .deployment import *
from .alerting import *
from .endpoints import *
from .routing import *
from .scoring import *
from .proposals import *
from .pushing import *
from .ledger import *
from .monitoring import *
from .health import *
from .review import *
from .gate import *
from .resilience import *
from .training import *
from .governance import *
from .onboarding import *
from .overview import *
from .security import *
from . import test_day_boundaries
from . import test_digest_digest
from . import test_docs_pages
from . import test_failure_types
from . import test_hooks
from . import test_ir_actions_server
from . import test_ir_cron
from . import test_mail_activity
from . import test_personas
from . import test_res_config_settings
from . import test_res_users
from . import test_retention
from . import test_tours
from . import test_translations
from . import test_views_empty
from . import test_views_new_record
from . import test_views_phone

# Files of the same name in two folders hide each other above: Odoo finds each by its folder's name as well as its own.
for _folder in [each for each in list(globals().values()) if getattr(each, "__name__", "").startswith(f"{__name__}.")]:
    for _name, _module in list(vars(_folder).items()):
        if _name.startswith("test_") and getattr(_module, "__name__", "") == f"{_folder.__name__}.{_name}":
            if globals().get(_name) is _module:
                del globals()[_name]
            globals()[f"{_name}_of_{_folder.__name__.rpartition('.')[2]}"] = _module
