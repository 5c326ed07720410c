from . import test_account_move_posting
from . import test_account_move_posting_tours
