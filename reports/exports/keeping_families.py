"""What is sealed, vouched for and told, and whether the exporter can read what it tells of."""

from reports.exports.family import Family, Samples, instant_of, seconds_of, single
from reports.exports.watched import Watched


def _untold(watched: Watched) -> Samples:
    return (((one.sink,), float(one.messages)) for one in watched.untold)


def _untold_for(watched: Watched) -> Samples:
    for one in watched.untold:
        waited = watched.as_of - one.since if one.since else None
        yield (one.sink,), seconds_of(waited, absent=0.0)


def _build(watched: Watched) -> Samples:
    yield (watched.version, watched.catalog_digest or ""), 1.0


def _waiting_for(watched: Watched) -> float | None:
    if watched.log.waiting is None:
        return None
    return seconds_of(watched.as_of - watched.log.since if watched.log.since else None, absent=0.0)


KEEPING = (
    Family(
        "readiness_unsealed_slots",
        "gauge",
        (),
        "Slots that were stored and could not be sealed; the next run seals them.",
        single(lambda watched: watched.unsealed),
    ),
    Family(
        "readiness_log_readable",
        "gauge",
        (),
        "1 if the evidence log's checkpoint can be read; that it is sound is for an audit to say.",
        single(lambda watched: float(watched.log.leaves is not None)),
    ),
    Family(
        "readiness_log_leaves",
        "gauge",
        (),
        "Leaves of the evidence log.",
        single(lambda watched: watched.log.leaves),
    ),
    Family(
        "readiness_log_anchors",
        "gauge",
        (),
        "Outsiders that the settings name to vouch for the log: a witness, a timestamping authority.",
        single(lambda watched: watched.log.anchors),
    ),
    Family(
        "readiness_log_unanchored_bundles",
        "gauge",
        (),
        "Bundles that not every outsider has vouched for yet.",
        single(lambda watched: watched.log.waiting),
    ),
    Family(
        "readiness_log_unanchored_seconds",
        "gauge",
        (),
        "Seconds since the oldest of them was sealed; 0 if there is none.",
        single(_waiting_for),
    ),
    Family(
        "readiness_untold_messages",
        "gauge",
        ("sink",),
        "Messages that wait for a sink of the catalogue to take them.",
        _untold,
    ),
    Family(
        "readiness_untold_seconds",
        "gauge",
        ("sink",),
        "Seconds since the oldest of them was written; 0 if none waits.",
        _untold_for,
    ),
    Family(
        "readiness_catalog_readable",
        "gauge",
        (),
        "1 if the catalogue can be read; without it nobody knows what is owed.",
        single(lambda watched: float(watched.catalog_digest is not None)),
    ),
    Family(
        "readiness_store_readable",
        "gauge",
        (),
        "1 if the evidence store can be read; if not, every check is ERROR and no cadence has series.",
        single(lambda watched: float(watched.store_readable)),
    ),
    Family(
        "readiness_build_info",
        "gauge",
        ("version", "catalog_sha256"),
        "1, with the version of this program and the digest of the catalogue.",
        _build,
    ),
    Family(
        "readiness_export_timestamp_seconds",
        "gauge",
        (),
        "When all of this was so.",
        single(lambda watched: instant_of(watched.as_of)),
    ),
)
