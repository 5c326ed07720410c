from . import optional_float
