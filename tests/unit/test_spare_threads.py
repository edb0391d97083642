import threading

from chalicelib.core.support.thread_pool import SpareThreads

_LONG_ENOUGH = 10


def test_calls_one_after_another_share_a_thread() -> None:
    spare = SpareThreads()
    threads = {spare.begin(threading.get_ident).result(_LONG_ENOUGH) for _ in range(3)}
    assert len(threads) == 1


def test_a_call_made_while_another_is_under_way_has_a_thread_of_its_own() -> None:
    spare = SpareThreads()
    release = threading.Event()
    hanging = spare.begin(lambda: release.wait(_LONG_ENOUGH) and threading.get_ident())
    other = spare.begin(threading.get_ident).result(_LONG_ENOUGH)
    release.set()
    assert hanging.result(_LONG_ENOUGH) != other


def test_a_thread_comes_back_when_its_call_raises() -> None:
    spare = SpareThreads()

    def fail() -> None:
        raise ValueError(threading.get_ident())

    error = spare.begin(fail).exception(_LONG_ENOUGH)
    assert isinstance(error, ValueError)
    assert error.args == (spare.begin(threading.get_ident).result(_LONG_ENOUGH),)
