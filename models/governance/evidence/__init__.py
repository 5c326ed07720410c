from . import technical
from . import monitoring
from . import organisational
from . import business
