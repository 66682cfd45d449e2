"""A service, files, programs and databases that give every secret away that they are told."""

import json
import sqlite3
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from tests.security.canaries import CANARIES, KNOWN, packed

ADDRESS, HEADER, PROGRAM, HOOK = (CANARIES[name] for name in list(CANARIES)[:4])
CATALOG = """\
system: leaky
environment: test
sources:
  api: {http: "${LEAKY_URL}", headers: {Authorization: "Bearer ${LEAKY_HEADER}", X-Plain: "${LEAKY_HEADER}"}}
  hook: {http: "${LEAKY_PLAIN_URL}/${LEAKY_HOOK_TOKEN}"}
  files: {folder: "${LEAKY_FOLDER}"}
  ledger: {database: "${LEAKY_LEDGER}"}
  gone: {database: "${LEAKY_GONE}"}
  maria: {database: "${LEAKY_MARIA}"}
  cache: {database: "${LEAKY_CACHE}"}
  odd: {database: "${LEAKY_ODD}"}
  tool: {program: ["${LEAKY_PYTHON}", "${LEAKY_FOLDER}/restic.py"], environment: {RESTIC_PASSWORD: "${LEAKY_PROGRAM}"}}
services:
  leaky: {owner: Desk Ops}
checks:
  healthy: {kind: health, service: leaky, endpoints: [api:/health, api:/packed, api:/cut, api:/redirects, hook:/health]}
  pulsed: {kind: health, every: pulse, sample_every: 1s, endpoints: [api:/health, api:/packed]}
  contract:
    kind: http-contract
    steps:
      asked: {call: api:/health, expect: {equals: {status: none}, has: [gone]}}
      lost: {call: hook:/redirects, expect: {http: [200], headers: {Location: "nowhere"}}}
  report: {kind: freshness, document: files:report.json, expect: {max_age: 1h, status: [pass]}}
  fetched: {kind: freshness, document: api:/health, expect: {max_age: 1h, equals: {status: none}}}
  measured: {kind: metrics, document: api:/metrics, expect: {values: [{metric: queue, max: 1}]}}
  logged: {kind: log-lines, log: files:service.log}
  documented: {kind: documents, documents: [files:notes.md, api:/health]}
  set: {kind: configuration, documents: {one: {at: files:settings.yaml, equals: {mode: on}}}}
  listed: {kind: secrets, register: files:register.yaml, scan: ["files:*"]}
  sql:
    kind: sql-facts
    database: ledger
    facts:
      shown: {query: "select said from leaks", equals: nothing}
      cast: {query: "select json(said) from leaks", equals: nothing}
      listed: {no_rows: "select said, said as again from leaks"}
  sql-gone: {kind: sql-facts, database: gone, facts: {one: {rows: entries}}}
  sql-maria: {kind: sql-facts, database: maria, facts: {one: {rows: entries}}}
  sql-odd: {kind: sql-facts, database: odd, facts: {one: {rows: entries}}}
  cached: {kind: redis, database: cache}
  compared: {kind: reconciliation, left: files:left.csv, right: ledger:leaks, key: id}
  compared-gone: {kind: reconciliation, left: files:left.csv, right: gone:public.leaks, key: id}
  backed-up: {kind: backup-tool, tool: restic, of: main, program: tool}
"""
RESTIC = """\
import base64, os, sys
secret = os.environ["RESTIC_PASSWORD"]
print(secret, base64.b64encode(b"x" + secret.encode()).decode())
print("Fatal: wrong password " + repr(secret), file=sys.stderr)
sys.exit(1)
"""


def told(headers: dict[str, str]) -> dict[str, object]:
    """An answer that says again whatever it was asked with, and more."""
    basic = b64encode(f"watcher:{ADDRESS}".encode()).decode()
    return {
        "status": f"pass {HEADER}",
        "version": f"1.0+{HOOK}",
        "asked": headers,
        "basic": basic,
        "address": f"postgresql://watcher:{quote(ADDRESS, safe='')}@db.test/x",
        "quoted": quote(HEADER, safe=""),
        "nested": json.dumps({"inner": HEADER, "again": json.dumps(ADDRESS)}),
        "known": {name: KNOWN[name] for name in ("AWS access key", "GitHub token", "private key")},
        "client_secret": KNOWN["named secret"],
        "text": f"see https://{KNOWN['password in an address']}@host.test/ and password={KNOWN['named secret']}",
        "generated_at": "2026-11-22T14:00:00Z",
    }


class _Leaky(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers.items()))
        path = self.path.removeprefix(f"/{HOOK}")
        body = json.dumps(told(dict(self.headers.items()))).encode()
        headers = {"Content-Type": "application/json", "X-Echo": HEADER, "X-Trace": f"t-{HOOK}"}
        if path == "/packed":
            body, headers["Content-Encoding"] = packed(body.decode()), "gzip"
        if path == "/metrics":
            label = HEADER.replace("\\", "\\\\").replace('"', '\\"')
            body, headers["Content-Type"] = f'# TYPE queue gauge\nqueue{{token="{label}"}} 5\n'.encode(), "text/plain"
        length = len(body) + (100 if path == "/cut" else 0)
        self.send_response(302 if path == "/redirects" else 200)
        if path == "/redirects":
            self.send_header("Location", f"http://watcher:{quote(ADDRESS, safe='')}@127.0.0.1:1/?token={HOOK}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Leaky)
        self.asked: list[dict[str, str]] = []


@contextmanager
def leaking(folder: Path) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """Everything in place: the environment that its catalogue needs, and the headers of what its service was asked."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _write(folder)
    host = f"127.0.0.1:{server.server_port}"
    password = quote(ADDRESS, safe="")
    try:
        yield (
            {
                "LEAKY_URL": f"http://watcher:{password}@{host}",
                "LEAKY_PLAIN_URL": f"http://{host}",
                "LEAKY_HEADER": HEADER,
                "LEAKY_HOOK_TOKEN": HOOK,
                "LEAKY_FOLDER": str(folder),
                "LEAKY_LEDGER": f"sqlite:///{folder / 'ledger.db'}",
                "LEAKY_GONE": f"postgresql://watcher:{password}@127.0.0.1:9/gone",
                "LEAKY_MARIA": f"mysql://watcher:{password}@127.0.0.1:9/gone",
                "LEAKY_CACHE": f"redis://:{password}@127.0.0.1:9/0",
                "LEAKY_ODD": f"postgresql://watcher:{password}@127.0.0.1:9/gone?connect_timeout={password}",
                "LEAKY_PROGRAM": PROGRAM,
                "LEAKY_PYTHON": sys.executable,
                "LEAKY_API_TOKEN": CANARIES["variable of the process"],
                "LEAKY_OTHER_STORE": f"postgresql://watcher:{quote(CANARIES['password of the store'], safe='')}@db/x",
            },
            server.asked,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _write(folder: Path) -> None:
    folder.mkdir()
    said = told({"env": CANARIES["variable of the process"], "store": CANARIES["password of the store"]})
    (folder / "report.json").write_text(json.dumps(said))
    (folder / "service.log").write_text(
        "".join(json.dumps({"message": value, **said}) + "\n" for value in CANARIES.values())
    )
    (folder / "notes.md").write_text(f"# Notes\n\n[here](http://watcher:{quote(ADDRESS)}@host.test/) {HEADER} {HOOK}\n")
    (folder / "settings.yaml").write_text(json.dumps({"mode": "off", "password": KNOWN["named secret"], "note": HOOK}))
    (folder / "register.yaml").write_text(json.dumps([{"name": "A", "rotated_at": "2026-11-01", "owner": HOOK}]))
    (folder / "restic.py").write_text(RESTIC)
    (folder / "left.csv").write_text(f"id,said\n1,{HOOK}\n2,{KNOWN['AWS access key']}\n")
    with closing(sqlite3.connect(folder / "ledger.db")) as database, database:
        database.execute("create table leaks (id integer primary key, said text)")
        database.execute("insert into leaks values (1, ?)", [f"{HEADER} {unquote(ADDRESS)}"])
