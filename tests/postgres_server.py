"""A PostgreSQL server of the tests' own: in a folder that goes again, on a socket inside it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

USER = "postgres"
"""Who the server runs as where the tests run as root, which PostgreSQL refuses to."""
PORT = "5433"
"""Part of the socket's name only: nothing listens on the network."""


@cache
def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None where the machine has none of 15 on."""
    found = [(int(path.parent.parent.name.split(".")[0]), path.parent)
             for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path is not None:
        told = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False)
        version = told.stdout.split()[-1].split(".")[0]
        if version.isdigit():
            found.append((int(version), Path(on_path).parent))
    version, folder = max(found, default=(0, None))
    return folder if version >= 15 else None


def can_run() -> bool:
    """Whether a server can be started here, and spoken to."""
    if programs() is None or importlib.util.find_spec("psycopg") is None:
        return False
    return os.geteuid() != 0 or (shutil.which("runuser") is not None and _has_user())


def _has_user() -> bool:
    import pwd

    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


class PostgresServer:
    """
    A server that is started at once and runs until `stop`.

    Its data are lost with the folder, so it need not wait for the disk; what one of its processes
    was told to keep survives the end of any of them all the same.
    """

    def __init__(self) -> None:
        # Not inside pytest's own folder: that is closed to the user whom root runs the server as.
        self.folder = Path(tempfile.mkdtemp(prefix="headgate-pg-"))
        self.numbers = count(1)
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
        made = subprocess.run(self._as_user([
            str(self._program("initdb")), "-D", str(self.folder / "data"), "-U", USER,
            "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]), capture_output=True,
            text=True, check=False, cwd="/")
        assert made.returncode == 0, made.stdout + made.stderr
        self.start()

    def _program(self, name: str) -> Path:
        folder = programs()
        assert folder is not None, "there is no PostgreSQL of 15 or later"
        return folder / name

    def _as_user(self, command: Sequence[str]) -> list[str]:
        return ["runuser", "-u", USER, "--", *command] if os.geteuid() == 0 else list(command)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        import psycopg

        self._launch()
        for _ in range(600):
            try:
                psycopg.connect(self._dsn("postgres")).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
                if self.process.poll() is not None:
                    # What is left of a server that was killed keeps the next one out for a moment.
                    self._launch()
        raise AssertionError((self.folder / "log").read_text(errors="replace"))

    def _launch(self) -> None:
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self._as_user([
            str(self._program("postgres")), "-D", str(self.folder / "data"), "-p", PORT,
            "-k", str(self.folder), "-c", "listen_addresses=", "-c", "fsync=off",
            "-c", "full_page_writes=off", "-c", "max_connections=200"]),
            stdout=log, stderr=log, cwd="/", start_new_session=True)
        log.close()

    def kill(self) -> None:
        """End every process of the server at once, as a machine that fails would."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(leader, signal.SIGKILL)
        self.process.wait()
        # Its children see that it is gone, and a new server waits until none of them is left.
        for _ in range(200):
            if not Path(f"/proc/{leader}").exists():
                break
            time.sleep(0.05)

    def database(self, encoding: str = "UTF8") -> str:
        """The URL of a new, empty database."""
        import psycopg

        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' "
                               "TEMPLATE template0")
        return f"postgresql://{USER}@/{name}?host={self.folder}&port={PORT}"

    def _dsn(self, database: str) -> str:
        return f"host={self.folder} port={PORT} user={USER} dbname={database}"

    def stop(self) -> None:
        """End the server, and remove its folder."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(leader, signal.SIGQUIT)
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)
