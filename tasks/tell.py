"""Telling as a Prefect task: delivers what waits, and shows ops what became of it."""

from collections.abc import Sequence

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from tasks.notify.delivering import Delivering, Told
from tasks.showing import if_prefect_answers


@task(name="tell", cache_policy=NO_CACHE, persist_result=False)
def tell(delivering: Delivering) -> list[Told]:
    """Tells people what waits to be told; a sink that does not take it fails nothing."""
    told = delivering.run()
    with if_prefect_answers():
        _show(told)
    return told


def _show(told: Sequence[Told]) -> None:
    if told:
        create_table_artifact(key="telling", table=_table(told), description="What people were told, sink by sink")


def _table(told: Sequence[Told]) -> list[dict[str, str]]:
    return [
        {
            "sink": one.sink,
            "message": one.message.key,
            "of": ", ".join(dict.fromkeys(notice.topic for notice in one.message.notices))[:200],
            "accepted": "yes" if one.delivery.accepted else "no",
            "delivered": str(one.delivery.delivered),
            "because": one.delivery.because,
            "seconds": f"{one.seconds:.2f}",
        }
        for one in told
    ]
