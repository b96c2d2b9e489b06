"""The house rules no reader checks by eye (架构规则): floors, keys behind one door, injected time and chance."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("foundation", "hsm", "ca", "seal", "verify", "licence", "sso", "portal", "server")
KEY_LIBRARIES = ("ctypes", "gmssl", "argon2", "jose", "cryptography.hazmat.primitives.asymmetric")
INJECTED = {
    "foundation/clock.py": {"datetime.now"},
    "foundation/ids.py": {"secrets.token_bytes"},
    "hsm/selftest.py": {"os.urandom"},
}
"""What the injected ones stand on; the self-test looks at the system's source itself."""
PUBLIC = ("PublicKey", "SECP256R1")
"""Telling kinds of public keys apart needs their types; nothing else of these modules leaves hsm."""
BELOW_THE_FRAME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "uuid.uuid1",
    "uuid.uuid4", "uuid4", "os.urandom", "random.random", "random.randint", "random.choice",
}  # fmt: skip


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Full names: `from a import b` is `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{named(path)}:{node.lineno} imports relatively"
            yield from ((node.lineno, f"{node.module}.{one.name}") for one in node.names)


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_floors_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_private_keys_have_one_door() -> None:
    found = [
        f"{named(path)}:{line} {name}"
        for path in sources()
        if not named(path).startswith("hsm/")
        for line, name in imports(path)
        if (any(inside(name, library) for library in KEY_LIBRARIES) and not name.endswith(PUBLIC))
        or (inside(name, "cryptography.hazmat.primitives.serialization") and "private" in name.lower())
    ]
    assert not found, found


def test_hsm_itself_uses_what_the_rule_names() -> None:
    """So the rule above cannot pass because the libraries were renamed."""
    used = {name for path in (ROOT / "hsm").rglob("*.py") for _, name in imports(path)}
    for library in ("ctypes", "argon2", "cryptography.hazmat.primitives.asymmetric"):
        assert any(inside(name, library) for name in used), library


def test_no_room_imports_the_composition_root_or_the_tests() -> None:
    found = [
        f"{named(path)}:{line} {name}"
        for path in sources()
        for line, name in imports(path)
        if inside(name, "tests") or (inside(name, "server") and not named(path).startswith("server/"))
    ]
    assert not found, found


def test_our_top_level_names_are_ours_alone() -> None:
    """PyPI has distributions that install `verify`, `licence` and `hsm`; they must never meet us in one environment."""
    owners = packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, [])) <= {"yinxin"}, (room, owners[room])
    assert {name for name, dists in owners.items() if "yinxin" in dists} <= {*ROOMS, "_yinxin", "_editable_impl_yinxin"}


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "server"])
def test_time_and_chance_are_injected(room: str) -> None:
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        allowed = INJECTED.get(named(path), set())
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                name = dotted(node.func)
                short = ".".join(name.split(".")[-2:])
                if (short in BELOW_THE_FRAME or inside(name, "secrets")) and short not in allowed:
                    found.append(f"{named(path)}:{node.lineno} {name}()")
        found += [
            f"{named(path)}:{line} imports secrets"
            for line, name in imports(path)
            if inside(name, "secrets") and not allowed
        ]
    assert not found, found


def test_the_rule_about_time_sees_what_it_should() -> None:
    seen = {
        ".".join(dotted(node.func).split(".")[-2:])
        for name in INJECTED
        for node in ast.walk(tree(ROOT / name))
        if isinstance(node, ast.Call)
    }
    assert set().union(*INJECTED.values()) <= seen, "an exception of INJECTED is no longer needed"


def test_nothing_swallows_every_exception() -> None:
    found = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            names = {"bare"} if node.type is None else {dotted(node.type)}
            silent = all(isinstance(one, (ast.Pass, ast.Continue)) for one in node.body)
            if "bare" in names or (names & {"Exception", "BaseException"} and silent):
                found.append(f"{named(path)}:{node.lineno}")
    assert not found, found


SQL = ("select ", "insert ", "update ", "delete ", "create ", "drop ", "alter ", "pragma ", "with ")


def test_sql_is_never_glued_from_strings() -> None:
    found = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            name = dotted(node.func).rsplit(".", 1)[-1]
            if name in ("text", "execute", "exec_driver_sql", "scalar", "scalars") and node.args:
                found += [f"{named(path)}:{node.lineno}" for part in ast.walk(node.args[0]) if _glued(part)]
    assert not found, found


def _glued(node: ast.AST) -> bool:
    parts: list[ast.expr] = []
    if isinstance(node, ast.JoinedStr):
        parts = node.values
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        parts = [node.left]
    first = parts[0] if parts else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.lower().startswith(SQL)


def test_nothing_is_unfinished() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "raise NotImplemented", "XX" + "X")
    found = [
        f"{named(path)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(word in line for word in words)
    ]
    assert not found, found


def test_no_module_is_called_by_what_it_is_not_about() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
    assert not [named(path) for path in sources() if path.stem in names]


def test_every_module_says_what_it_is_for() -> None:
    missing = [
        named(path)
        for path in sources()
        if "migrations/versions" not in named(path) and tree(path).body and not ast.get_docstring(tree(path))
    ]
    assert not missing, missing
