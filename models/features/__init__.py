from . import readable_inputs
