"""The command line: parses, calls the session, shows. Nothing heavy is loaded to start."""

from __future__ import annotations


def main() -> None:
    """
    Runs `headgate` with the arguments of the process, and ends the process.

    A user's mistake ends with one clear message; only a defect of headgate shows a trace.
    """
    import io
    import signal
    import sys

    from headgate.cli import exits

    # A reader that goes away early (`headgate ... | head`) ends the program as any other tool.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # A terminal that lacks a letter shows a question mark for it, not a trace.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    stopped = []

    def stop(_number: int, _frame: object) -> None:
        stopped.append(True)
        raise KeyboardInterrupt

    # Libraries that are interrupted while they load may turn Ctrl-C into an error of their own.
    signal.signal(signal.SIGINT, stop)
    try:
        from headgate.cli.app import app

        app(prog_name="headgate")
    except KeyboardInterrupt:
        sys.exit(exits.STOPPED)
    except Exception:
        if stopped:
            sys.exit(exits.STOPPED)
        import traceback

        traceback.print_exc()
        sys.stderr.write("This is a defect of headgate, not of your book. Please report the lines "
                         "above.\n")
        sys.exit(exits.DEFECT)
