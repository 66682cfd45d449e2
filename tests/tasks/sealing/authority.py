"""A real timestamping authority for tests: OpenSSL's, behind a small HTTP server on loopback."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(*words: object, **options: object) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60, **options).stdout


class Authority:
    """A root and a stamping certificate below it; `answer` turns a query into OpenSSL's reply.

    `failures` answers fail before one succeeds.
    """

    def __init__(self, folder: Path, name: str = "Root of tests") -> None:
        self.folder = folder
        self.root = folder / "root.pem"
        self.failures = 0
        self.asked = 0
        folder.mkdir()
        config = folder / "openssl.cnf"
        config.write_text(CONFIG.format(folder=folder, name=name))
        for key in ("root", "tsa"):
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / f"{key}.key")
        new = ("req", "-config", config, "-new")
        openssl(*new, "-x509", "-days", 2, "-key", folder / "root.key", "-extensions", "root", "-out", self.root)
        openssl(*new, "-key", folder / "tsa.key", "-subj", "/CN=Stamps", "-out", folder / "tsa.csr")
        below = ("-CA", self.root, "-CAkey", folder / "root.key", "-extfile", config, "-extensions", "stamping")
        openssl("x509", "-req", "-in", folder / "tsa.csr", "-days", 1, *below, "-out", folder / "tsa.pem")
        (folder / "serial").write_text("01\n")

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        where = ("-config", self.folder / "openssl.cnf", "-queryfile", self.folder / "query")
        return openssl("ts", "-reply", *where)

    def serve(self) -> ThreadingHTTPServer:
        """A running server at `.url`; the caller shuts it down."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                if authority.failures:
                    authority.failures -= 1
                    self.send_error(503)
                    return
                body = authority.answer(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
