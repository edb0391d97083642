import threading

from local.periodic_task import PeriodicTask


def test_it_runs_until_it_is_stopped() -> None:
    runs = threading.Semaphore(0)
    task = PeriodicTask(runs.release, every_seconds=0.001)
    task.start()

    assert all(runs.acquire(timeout=5) for _ in range(3))
    task.stop()
    while runs.acquire(blocking=False):
        pass
    assert not runs.acquire(timeout=0.02)


def test_it_may_be_stopped_before_its_start_and_twice() -> None:
    task = PeriodicTask(lambda: None, every_seconds=60)

    task.stop()
    task.start()
    task.stop()
    task.stop()
