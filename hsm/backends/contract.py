"""The contract every back end must pass (密码设备符合性检测): ours in the tests, a customer's by `yinxin hsm test`.

Cases make keys under a name of their own and whatever happens they are destroyed again; a case that fails does not
stop the next. On an SDF device keys cannot be made or erased: free indices are borrowed, never one that is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from foundation.errors import YinxinError
from foundation.text import Text
from hsm.backends.backend import Backend, Made, OpenKey, Use
from hsm.backends.device_key import write_kept
from hsm.keys import Algorithm

LABEL = "yinxin-hsm-test"

_MUTE = Text("设备无法使用，未测", "not tried, as the device cannot be used")


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Result:
    case: str
    title: Text
    outcome: Outcome
    detail: Text


class Broken(Exception):  # noqa: N818 - a sentence of the contract is broken
    """What a case found wrong."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class LeftOut(Exception):  # noqa: N818 - no error
    """The case does not apply to this back end, or was not asked for."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@runtime_checkable
class Faults(Protocol):
    """What the suite asks of a driver beyond `Backend`: to lose its session, to try a wrong password."""

    def lose_session(self) -> None: ...

    def try_password(self, password: str) -> None: ...


@dataclass
class Bench:
    """A back end under test and what was made in it."""

    backend: Backend
    taken: Collection[str] = ()
    """References in use by the key store: never borrowed."""
    wrong_password: bool = True
    """Give one wrong password. Some devices lock after a few; the right one follows at once."""
    only: frozenset[Algorithm] | None = None
    """Test these; None: everything it says it does. RSA-4096 takes many seconds to make."""
    _made: list[Made] = field(default_factory=list)
    _ready: dict[tuple[Algorithm, Use], tuple[Made, OpenKey]] = field(default_factory=dict)

    @property
    def faults(self) -> Faults | None:
        return self.backend if isinstance(self.backend, Faults) else None

    @property
    def algorithms(self) -> list[Algorithm]:
        return sorted(self.backend.algorithms & (self.only or self.backend.algorithms))

    def new(self, algorithm: Algorithm, use: Use = Use.SIGNING) -> Made:
        given = {*self.taken, *(made.reference for made in self._made if made.reference)}
        made = self.backend.generate(LABEL, algorithm, use=use, taken=given)
        self._made.append(made)
        return made

    def key(self, algorithm: Algorithm, use: Use = Use.SIGNING) -> tuple[Made, OpenKey]:
        """One key of that kind for all cases: on a card RSA takes seconds to make."""
        found = self._ready.get((algorithm, use))
        if found is None:
            made = self.new(algorithm, use)
            found = self._ready[algorithm, use] = made, self.backend.open(made.kept, algorithm)
        return found

    def forget(self, algorithm: Algorithm) -> None:
        """The case destroyed that key itself."""
        made, _ = self._ready.pop((algorithm, Use.SIGNING))
        self._made.remove(made)

    def clean(self) -> list[str]:
        """Destroy what was made, here or by a run that was killed; what could not be, in words."""
        left, made = [], [one.kept for one in self._made]
        self._made, self._ready = [], {}
        try:
            made += [write_kept(f.reference, Use.SIGNING, b"") for f in self.backend.inventory() if f.label == LABEL]
        except YinxinError as error:
            left.append(error.detail.en)
        for kept in made:
            try:
                self.backend.destroy(kept)
            except YinxinError as error:
                left.append(error.detail.en)
        return left


Case = Callable[[Bench], Text | None]


def run(on: Bench, cases: dict[str, tuple[Text, Case]], tell: Callable[[Result], None] | None = None) -> list[Result]:
    """Every case in order; cleaning up is the last of them, and happens also when the run is broken off.

    A device that does not even tell its name is not asked sixteen times more: each asking may take a minute.
    """
    on.clean()  # what a run that was killed left behind
    results: list[Result] = []
    try:
        for name, (title, case) in cases.items():
            mute = bool(results) and results[0].outcome is Outcome.FAILED
            result = Result(name, title, Outcome.LEFT_OUT, _MUTE) if mute else _one(on, name, title, case)
            results.append(result)
            if tell is not None:
                tell(result)
    finally:
        left = on.clean() if not results or results[0].outcome is not Outcome.FAILED else []
    text = Text("；".join(left), "; ".join(left))
    outcome = Outcome.FAILED if left else Outcome.PASSED
    results.append(Result("cleaning", Text("清理测试密钥", "test keys cleaned up"), outcome, text))
    if tell is not None:
        tell(results[-1])
    return results


def _one(on: Bench, name: str, title: Text, case: Case) -> Result:
    try:
        detail = case(on)
    except LeftOut as why:
        return Result(name, title, Outcome.LEFT_OUT, why.text)
    except Broken as why:
        return Result(name, title, Outcome.FAILED, why.text)
    except YinxinError as error:
        return Result(name, title, Outcome.FAILED, error.detail)
    except (ValueError, TypeError, OSError) as error:  # a driver's slip is a failed case, not the end of the run
        text = f"{type(error).__name__}: {error}"
        return Result(name, title, Outcome.FAILED, Text(text, text))
    return Result(name, title, Outcome.PASSED, detail or Text("", ""))
