"""Tells one message through Apprise, in a process of its own: one JSON object comes in, one goes out.

Apprise knows a hundred services and has no time limit of its own; a process can be killed whatever it waits for. The
address comes by standard input, so that it stands in no list of processes, and nothing is logged, which might name it.
"""

import json
import logging
import os
import sys

from tasks.collectors.link_local import LinkLocalError, resolved

_REACHING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_barred: list[LinkLocalError] = []


def main() -> None:
    """Reads `{url, tag, title, body, bad}`, writes `{added, said, barred}`: whether the address is one, and the answer.

    `barred` says which address it led to that is never asked, if so.
    """
    asked = json.load(sys.stdin)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a service prints is no answer
    logging.disable(logging.CRITICAL)
    sys.addaudithook(_look)
    from apprise import Apprise, AppriseAsset, AppriseConfig, NotifyFormat, NotifyType

    asset = AppriseAsset(app_id="Readiness Evidence", app_desc="Readiness Evidence", app_url="")
    told = Apprise(asset=asset)
    if asked["tag"] is None:
        added = told.add(asked["url"])
        matching = {}
    else:
        config = AppriseConfig(asset=asset)
        added = config.add(asked["url"]) and told.add(config)
        matching = {"tag": asked["tag"], "match_always": False}
    kind = NotifyType.FAILURE if asked["bad"] else NotifyType.SUCCESS
    said = (
        told.notify(asked["body"], asked["title"], notify_type=kind, body_format=NotifyFormat.TEXT, **matching)
        if added
        else None
    )
    json.dump({"added": bool(added), "said": said, "barred": str(_barred[0]) if _barred else None}, answer)
    answer.close()


def _look(event: str, given: tuple[object, ...]) -> None:
    """Python calls this before whatever a service's library does: the very address that a socket goes to is looked at.

    A hook cannot be taken off again, which is as it should be here, and one more reason for a process of its own.
    """
    if event in _REACHING and isinstance(place := given[1], tuple):
        try:
            resolved(str(place[0]))
        except LinkLocalError as error:
            _barred.append(error)
            raise


if __name__ == "__main__":
    main()
