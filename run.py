#!/usr/bin/env python3
"""Sets this program up on a bare machine, then runs, tests, measures or packages it.

Standard library only, for nothing of requirements.lock is there when it starts. What it says goes
to standard error; standard output belongs to the program.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "set-up.sha256"
LOCK = ROOT / "requirements.lock"
OLDEST_PYTHON = (3, 11)
APT_INSTALL = ("install", "--yes", "--no-install-recommends")

FAILED, INPUT_WRONG, UNREACHABLE, INTERRUPTED = 1, 2, 4, 130  # exit status, as the program's own


class SetUpFault(Exception):
    """Set-up cannot go on; the text is the one line that the user reads."""


# --- what the system must have -----------------------------------------------------------------


class Need(NamedTuple):  # a NamedTuple: a slots dataclass would break the message to old Pythons
    """A Debian package, and the library, program, file, module or font that shows it is there."""

    package: str
    library: str = ""
    program: str = ""
    file: str = ""
    module: str = ""
    fonts: tuple[str, ...] = ()


WINDOW = (  # the libraries that PySide6-Essentials links to and does not bring
    Need("libdbus-1-3", library="libdbus-1.so.3"),
    Need("libegl1", library="libEGL.so.1"),
    Need("libfontconfig1", library="libfontconfig.so.1"),
    Need("libgl1", library="libGL.so.1"),
    Need("libglib2.0-0", library="libgthread-2.0.so.0"),
    Need("libx11-xcb1", library="libX11-xcb.so.1"),
    Need("libxcb-cursor0", library="libxcb-cursor.so.0"),
    Need("libxcb-icccm4", library="libxcb-icccm.so.4"),
    Need("libxcb-keysyms1", library="libxcb-keysyms.so.1"),
    Need("libxcb-randr0", library="libxcb-randr.so.0"),
    Need("libxcb-shape0", library="libxcb-shape.so.0"),
    Need("libxcb-sync1", library="libxcb-sync.so.1"),
    Need("libxcb-xfixes0", library="libxcb-xfixes.so.0"),
    Need("libxkbcommon-x11-0", library="libxkbcommon-x11.so.0"),
)
# TrueType outlines only: a PDF cannot embed the CFF ones of Noto CJK.
FONTS = ("wqy-microhei.ttc", "wqy-zenhei.ttc", "simhei.ttf", "msyh.ttc", "msyh.ttf", "deng.ttf")
STATEMENTS = (Need("fonts-wqy-microhei", fonts=FONTS),)
TESTING = (
    Need("poppler-utils", program="pdftotext"),
    Need("xauth", program="xauth"),
    Need("xvfb", program="Xvfb"),
)
LIBPYTHON = "libpython{}.{}".format(*sys.version_info)
PEERS = (  # what nobody here wrote meters or is metered, and what compiles it; not in `check`
    Need("gcc", program="gcc"),
    Need("libc6-dev", file="/usr/include/stdio.h"),
    Need("libmodbus-dev", file="/usr/include/modbus/modbus.h"),
    Need(LIBPYTHON + "-dev", file=sysconfig.get_path("include") + "/Python.h"),
    Need("mbpoll", program="mbpoll"),
    Need("socat", program="socat"),
)
BUILDING = (
    Need("binutils", program="objdump"),
    Need(LIBPYTHON, library=LIBPYTHON + ".so.1.0"),
)
PIP = (Need("python{}.{}-venv".format(*sys.version_info), module="ensurepip"),)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def missing(needs: Sequence[Need]) -> list[Need]:
    """Give the needs that this system does not meet; nothing is asked of Windows and macOS."""
    if not sys.platform.startswith("linux"):
        return []
    libraries, fonts = known_libraries(), known_fonts()
    importlib.invalidate_caches()
    return [need for need in needs if not met(need, libraries, fonts)]


def met(need: Need, libraries: str, fonts: set[str]) -> bool:
    """Tell whether what shows the package is there; `libraries` empty means nobody can tell."""
    if need.library:
        beside_python = Path(sys.base_prefix, "lib", need.library)
        return not libraries or need.library in libraries or beside_python.exists()
    if need.program:
        return shutil.which(need.program) is not None
    if need.file:
        return Path(need.file).exists()
    if need.module:
        return importlib.util.find_spec(need.module) is not None
    return not fonts.isdisjoint(need.fonts)


def known_libraries() -> str:
    """Give what the dynamic loader knows, one library a line; empty without an `ldconfig`."""
    program = shutil.which("ldconfig", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        return ""
    return subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout


def known_fonts() -> set[str]:
    """Give the names, in lower case, of the files in the system's and the user's font folders."""
    folders = (os.walk(Path(folder).expanduser()) for folder in FONT_FOLDERS)
    return {name.lower() for folder in folders for _, _, names in folder for name in names}


def provide(needs: Sequence[Need]) -> None:
    """Install what is missing where that is allowed; raises SetUpFault with the line to run."""
    packages = [need.package for need in missing(needs)]
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise SetUpFault(
            f"the system lacks what Debian calls {' '.join(packages)}: "
            "there is no apt-get here: install them with the system's package tool"
        )
    prefix = privilege(os.geteuid())
    if prefix is None:
        raise SetUpFault(
            f"the system lacks {' '.join(packages)}: installing needs an administrator: "
            f"run this once: {line_to_run(packages)}"
        )
    say(f"installing with apt-get: {' '.join(packages)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    # One broken source of several makes `update` fail, and the rest may well suffice.
    subprocess.run([*apt, "update"], stdout=sys.stderr, check=False)
    do([*apt, "-o", "DPkg::Lock::Timeout=120", *APT_INSTALL, *packages])
    still = [need.package for need in missing(needs)]
    if still:
        raise SetUpFault(f"apt-get installed {' '.join(still)}: still not found: see its output")


def privilege(euid: int) -> list[str] | None:
    """Give what a command must be prefixed with to run as root, None where that is not allowed."""
    if euid == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def line_to_run(packages: Sequence[str]) -> str:
    """Give the one line that an administrator runs, with sudo where it exists, else with su."""
    install = " ".join(("apt-get", *APT_INSTALL, *packages))
    if shutil.which("sudo"):
        return f"sudo apt-get update && sudo {install}"
    return f"su -c {shlex.quote(f'apt-get update && {install}')}"


# --- the virtual environment -------------------------------------------------------------------


def set_up(needs: Sequence[Need]) -> None:
    """Make the system and `.venv` ready; does nothing, in well under a second, when they are."""
    current = STAMP.exists() and STAMP.read_text(encoding="ascii") == fingerprint()
    uv = shutil.which("uv")
    provide([*needs, *(() if current or uv else PIP)])
    if not current:
        install(uv)
        STAMP.write_text(fingerprint(), encoding="ascii")
        say(f"ready in {VENV.name}")


def fingerprint() -> str:
    """Give one hash of all that decides what is in `.venv`: lock, project file, interpreter."""
    digest = hashlib.sha256(os.path.realpath(PYTHON).encode())
    for file in (LOCK, ROOT / "pyproject.toml", VENV / "pyvenv.cfg"):
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


def install(uv: str | None) -> None:
    """Make `.venv` if it is not usable; put the locked packages and the program itself there."""
    STAMP.unlink(missing_ok=True)
    if not runs("import os, sysconfig; os.stat(sysconfig.get_path('purelib'))"):
        say("making .venv with Python {}.{}.{}".format(*sys.version_info))
        with_uv = [str(uv), "venv", "--quiet", "--python", sys.executable]
        do([*(with_uv if uv else [sys.executable, "-m", "venv"]), "--clear", str(VENV)])
    if uv is None and not runs("import pip"):
        do([str(PYTHON), "-m", "ensurepip"])
    installer = (
        [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
        if uv
        else [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    )
    say(f"installing {LOCK.name} with {'uv' if uv else 'pip'}; the first time takes minutes")
    # Wheels only: building one from source would fetch tools that no hash covers.
    do([*installer, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)])
    do([*installer, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def runs(program: str) -> bool:
    """Tell whether `.venv` has a Python that runs this program."""
    try:
        asked = subprocess.run([str(PYTHON), "-c", program], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


# --- commands ----------------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """Hand over to the program's own demonstration."""
    return hand_over("-m", "shared_factory_desktop", "demo", *arguments)


def ready(_arguments: list[str]) -> int:
    """Say that there is nothing more to do."""
    say("everything is set up; next: python3 run.py demo")
    return 0


def check(arguments: list[str]) -> int:
    """Run the gates and the fast tests."""
    return verdict({**gates(), "tests": pytest("-m", "not slow", "-q", *arguments)})


def test(arguments: list[str]) -> int:
    """Run the gates and every test, those next to programs of other people too."""
    peers = step([sys.executable, str(ROOT / "tests" / "peers" / "install.py")])
    return verdict({"peers": peers, **gates(), "tests": pytest(*arguments)})


def gates() -> dict[str, int]:
    """Run format, lint, import and type checks, all of them whatever the first says."""
    lint_imports = SCRIPTS / ("lint-imports.exe" if os.name == "nt" else "lint-imports")
    return {
        "format": step([str(PYTHON), "-m", "ruff", "format", "--check", "--quiet", "."]),
        "lint": step([str(PYTHON), "-m", "ruff", "check", "--quiet", "."]),
        "imports": step([str(lint_imports)]),
        "types": step([str(PYTHON), "-m", "mypy"]),
    }


def pytest(*arguments: str) -> int:
    """Run pytest on every core; later arguments win, so `-n 0` runs the tests one by one."""
    workers = str(min(os.cpu_count() or 1, 4))
    return step([str(PYTHON), "-m", "pytest", "-n", workers, *arguments])


def step(command: Sequence[str]) -> int:
    """Run one command from the project's folder and give its exit status."""
    say(shlex.join([Path(command[0]).name, *command[1:]]))
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def verdict(statuses: dict[str, int]) -> int:
    """Say what failed, if anything, and give the exit status for it."""
    failed = [name for name, status in statuses.items() if status]
    say(f"failed: {', '.join(failed)}" if failed else f"passed: {', '.join(statuses)}")
    return FAILED if failed else 0


def bench(arguments: list[str]) -> int:
    """Run one benchmark by name, or every one; further arguments go to the benchmark."""
    files = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    known = {file.stem.removeprefix("bench_"): f"tests.benchmarks.{file.stem}" for file in files}
    if not arguments:
        return verdict({name: step([str(PYTHON), "-m", known[name]]) for name in known})
    name, *rest = arguments
    if name not in known:
        say(f"bench {name}: no such benchmark: expected one of {', '.join(known) or 'none yet'}")
        return INPUT_WRONG
    os.chdir(ROOT)
    return hand_over("-m", known[name], *rest)


def shots(arguments: list[str]) -> int:
    """Draw a picture of every page into a folder, `shots` unless one is named."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return hand_over("-m", "shared_factory_desktop", "shots", *(arguments or ["shots"]))


def build(arguments: list[str]) -> int:
    """Freeze the program into one folder and let the result test itself."""
    status = step([str(PYTHON), "-m", "PyInstaller", "--noconfirm", *arguments, "build.spec"])
    if status:
        return verdict({"build": status})
    program = str(ROOT / "dist" / "shared-factory" / "shared-factory")
    return verdict({name: step([program, name]) for name in ("version", "self-test")})


def hand_over(*arguments: str) -> int:
    """Become `.venv`'s Python with these arguments, so signals and exit status are its own."""
    command = [str(PYTHON), *arguments]
    if os.name == "posix":
        sys.stderr.flush()
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


class Command(NamedTuple):
    """One word after `run.py`: what it needs of the system and what it then does."""

    name: str
    summary: str
    needs: tuple[Need, ...]
    run: Callable[[list[str]], int]


PROGRAM = WINDOW + STATEMENTS
CHECKING = PROGRAM + TESTING
COMMANDS = (
    Command("demo", "a workshop of simulated machines, from meters to statements", PROGRAM, demo),
    Command("test", "every check and every test; arguments go to pytest", CHECKING + PEERS, test),
    Command("check", "every check and the fast tests: before a commit", CHECKING, check),
    Command("setup", "only set up", CHECKING, ready),
    Command("bench", "tests/benchmarks/bench_NAME.py, or all of them", CHECKING + PEERS, bench),
    Command("shots", "a picture of every page, into a folder", PROGRAM, shots),
    Command("build", "one folder to copy to a workshop, in dist/", PROGRAM + BUILDING, build),
)


def usage() -> str:
    """Give the help text."""
    rows = "\n".join(f"  {command.name:6} {command.summary}" for command in COMMANDS)
    return f"usage: python3 run.py COMMAND [ARGUMENTS]\n\n{rows}\n"


# --- entry -------------------------------------------------------------------------------------


def say(line: str) -> None:
    """Tell the user one line."""
    sys.stderr.write(f"run.py: {line}\n")
    sys.stderr.flush()


def do(command: Sequence[str]) -> None:
    """Run a command of the set-up; raises SetUpFault when it does not end well."""
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if status:
        shown = " ".join(command[:6]) + (" ..." if len(command) > 6 else "")
        raise SetUpFault(f"{shown}: ended with {status}: see the lines above, then run this again")


def python_fault(version: tuple[int, int]) -> str:
    """Give the line about a Python that is too old, empty when it is not."""
    if version >= OLDEST_PYTHON:
        return ""
    return "Python {}.{}: too old: start with 3.11 or later".format(*version)


def main(arguments: list[str]) -> int:
    """Set up, then run the command that the arguments name; gives the exit status."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(usage())
        return 0
    if fault := python_fault(sys.version_info[:2]):
        say(fault)
        return UNREACHABLE
    command = next((c for c in COMMANDS if arguments[:1] == [c.name]), None)
    if command is None:
        known = ", ".join(c.name for c in COMMANDS)
        say(f"{arguments[0] if arguments else 'no command'}: expected one of {known}")
        return INPUT_WRONG
    try:
        set_up(command.needs)
        return command.run(arguments[1:])
    except SetUpFault as refusal:
        say(str(refusal))
        return UNREACHABLE
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
