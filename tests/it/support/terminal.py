"""Runs a command on a terminal of its own and types into it.

usage: terminal.py [--expect TEXT --send TEXT]... -- COMMAND [ARG]...

Waits for each text in what was printed since the one before, and then types. `<hangup>` closes the
terminal instead. Prints all that the command printed, and exits as it does.
"""

import os
import pty
import select
import signal
import sys
import time

# Only so that a test that goes wrong ends.
PATIENCE = 240


def main(arguments):
    end = arguments.index("--")
    options, command = arguments[:end], arguments[end + 1 :]
    steps = [(options[i + 1].encode(), options[i + 3].encode()) for i in range(0, len(options), 4)]
    pid, terminal = pty.fork()
    if pid == 0:
        # Ignored where the tests run in the background, and that would be inherited.
        for name in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        os.execvp(command[0], command)
    heard, until = b"", time.monotonic() + PATIENCE
    while terminal is not None:
        while steps and steps[0][0] in heard:
            expected, answer = steps.pop(0)
            heard = heard.partition(expected)[2]
            if answer == b"<hangup>":
                os.close(terminal)
                terminal = None
                break
            os.write(terminal, answer)
        if terminal is None:
            break
        if not select.select([terminal], [], [], max(0, until - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
            sys.exit(f"terminal.py: gave up, waiting for {steps[:1]}")
        try:
            text = os.read(terminal, 65536)
        except OSError:  # nobody has the terminal open any more
            text = b""
        if not text:
            break
        heard += text
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    status = os.waitpid(pid, 0)[1]
    if steps:
        sys.exit(f"terminal.py: ended while waiting for {steps[0]}")
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


main(sys.argv[1:])
