import threading

from local.periodic_task import Heartbeat


def test_it_beats_until_it_is_stopped() -> None:
    beats = threading.Semaphore(0)
    heart = Heartbeat(beats.release, every_seconds=0.001)
    heart.start()

    assert all(beats.acquire(timeout=5) for _ in range(3))
    heart.stop()
    while beats.acquire(blocking=False):
        pass
    assert not beats.acquire(timeout=0.02)


def test_it_may_be_stopped_before_its_start_and_twice() -> None:
    heart = Heartbeat(lambda: None, every_seconds=60)

    heart.stop()
    heart.start()
    heart.stop()
    heart.stop()
