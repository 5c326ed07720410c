from . import test_account_move
from . import test_account_move_tours
