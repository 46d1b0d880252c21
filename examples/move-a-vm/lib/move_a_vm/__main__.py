import signal
import sys

# Until the job looks after Ctrl-C itself there is nothing to take down, and dying of it needs no traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from .main import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
