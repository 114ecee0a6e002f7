"""Imported first by every command: stops with one sentence unless `seedbed` comes from this very checkout."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from serve._checkout import require_checkout

del sys.path[0]
require_checkout()
