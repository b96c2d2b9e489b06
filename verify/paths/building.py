"""Finding chains (证书路径构建): from a leaf upwards to a trusted root, RFC 4158, bounded in every direction.

Names are walked first and cost nothing: only branches from which an anchor can be reached at all are followed, nearest
anchor first, and only then a signature is checked. A mesh of cross certificates thus ends after a few hundred steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ca.reading import Certificate
from verify.paths.limits import MOST_DEPTH, MOST_NAMES, MOST_PATHS, Budget
from verify.paths.memory import Path, Routes
from verify.paths.names import Comparable, comparable
from verify.paths.pool import Pool
from verify.paths.signatures import Signatures, open_key


@dataclass
class Search:
    """One search. `cut`: something was left out because of a limit; `unsigned`: the first link whose names agree and
    whose signature does not.
    """

    pool: Pool
    budget: Budget
    signatures: Signatures
    cut: bool = False
    unsigned: Certificate | None = None
    _heights: dict[Comparable, int] = field(default_factory=dict)

    def paths(self, leaf: Certificate) -> Iterator[Path]:
        """Through issuers the trust store holds, whose ways up are known; then through what the file brought."""
        trust = self.pool.trust
        if leaf.der in trust.anchored:
            yield (leaf,)
            return
        for issuer in self._known_issuers(leaf):
            routes = self._routes(issuer)
            self.cut = self.cut or routes.cut
            self.unsigned = self.unsigned or routes.unsigned
            for route in routes.paths:
                if not any(certificate.der == leaf.der for certificate in route):
                    yield (leaf, *route)
        if self.pool.brought:
            held = trust.held
            for path in self._search(leaf):
                if not all(certificate.der in held for certificate in path[1:]):
                    yield path

    def _known_issuers(self, leaf: Certificate) -> Iterator[Certificate]:
        issuers, cut = self.pool.issuers(leaf)
        self.cut = self.cut or cut
        for issuer in issuers:
            if issuer.der not in self.pool.trust.held:
                continue
            if open_key(issuer.spki) or self.signatures.certificate(issuer.spki, leaf):
                yield issuer
            else:
                self.unsigned = self.unsigned or leaf

    def _routes(self, issuer: Certificate) -> Routes:
        """All ways from an issuer in the trust store up to an anchor: worked out once for each store."""
        known = self.pool.trust.routes
        if issuer.der not in known:
            alone = Search(Pool(self.pool.trust), self.budget, self.signatures)
            paths = tuple(alone._search(issuer))
            known[issuer.der] = Routes(paths, alone.cut, alone.unsigned)
        return known[issuer.der]

    def _search(self, leaf: Certificate) -> Iterator[Path]:
        self._measure(leaf)
        stack: list[Path] = [(leaf,)]
        found = 0
        while stack:
            path = stack.pop()
            if path[-1].der in self.pool.trust.anchored:
                if found == MOST_PATHS:
                    self.cut = True
                    return
                found += 1
                yield path
                continue
            self.budget.step()
            stack += self._longer(path)

    def _longer(self, path: Path) -> list[Path]:
        """The likeliest last, for the stack gives it back first."""
        last = path[-1]
        issuers, cut = self.pool.issuers(last)
        self.cut = self.cut or cut
        longer = []
        for issuer in issuers:
            if not self._promising(issuer, path):
                continue
            if open_key(issuer.spki) or self.signatures.certificate(issuer.spki, last):
                longer.append((*path, issuer))
            else:
                self.unsigned = self.unsigned or last
        longer.sort(key=lambda one: self._height(one[-1]) or 0, reverse=True)
        return longer

    def _promising(self, issuer: Certificate, path: Path) -> bool:
        """No circle (RFC 4158 2.4.2: same name and key), and an anchor within reach."""
        circle = any(issuer.spki == one.spki and issuer.subject.raw == one.subject.raw for one in path[1:])
        if circle or issuer.der == path[0].der:
            return False
        height = self._height(issuer)
        if height is None:
            return False
        if len(path) + 1 + height > MOST_DEPTH:
            self.cut = True
            return False
        return True

    def _height(self, certificate: Certificate) -> int | None:
        """How many certificates stand above it at least; None when no anchor can be reached."""
        if certificate.der in self.pool.trust.anchored:
            return 0
        above = self._heights.get(comparable(certificate.issuer.raw))
        return None if above is None else above + 1

    def _measure(self, leaf: Certificate) -> None:
        """Heights of the names that can be reached from the leaf: upwards by name, then back down from the anchors."""
        above: dict[Comparable, set[Comparable]] = {}
        todo = deque([comparable(leaf.issuer.raw)])
        tops: list[Comparable] = []
        while todo:
            name = todo.popleft()
            if name in above:
                continue
            if len(above) >= MOST_NAMES:
                self.cut = True
                break
            named = self.pool.named(name)
            above[name] = {comparable(certificate.issuer.raw) for certificate in named}
            if any(certificate.der in self.pool.trust.anchored for certificate in named):
                tops.append(name)
            todo += above[name]
        self._descend(above, tops)

    def _descend(self, above: dict[Comparable, set[Comparable]], tops: list[Comparable]) -> None:
        below: dict[Comparable, list[Comparable]] = {}
        for name, issuers in above.items():
            for issuer in issuers:
                below.setdefault(issuer, []).append(name)
        self._heights = dict.fromkeys(tops, 0)
        todo = deque(tops)
        while todo:
            name = todo.popleft()
            for lower in below.get(name, ()):
                if lower not in self._heights:
                    self._heights[lower] = self._heights[name] + 1
                    todo.append(lower)
