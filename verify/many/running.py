"""Judging them two at a time (并行核验), in the order they came, with no more than a few in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from foundation.errors import Unavailable
from verify.context import Context
from verify.many.gathering import Item
from verify.many.refusals import refused
from verify.report import Report
from verify.sandbox.pool import Sandbox


def run(items: Iterable[Item], context: Context, sandbox: Sandbox) -> Iterator[Report]:
    """A report for each. Whoever stops listening stops the work: what has not begun is dropped."""
    at_once = sandbox.limits.at_once
    under_way: deque[Future[Report]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="verify") as threads:
        try:
            for item in items:
                under_way.append(threads.submit(_one, item, context, sandbox))
                if len(under_way) > at_once:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _one(item: Item, context: Context, sandbox: Sandbox) -> Report:
    if item.answer is not None:
        return item.answer
    try:
        return sandbox.judge(item.octets, name=item.name, context=context)
    except Unavailable as error:
        return refused(item.name, "file.unreadable", context, error.code)
