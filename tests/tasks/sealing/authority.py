"""A real timestamping authority for tests: OpenSSL's, behind a small HTTP server on loopback."""

import subprocess
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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

    def recertify(self, not_before: datetime, not_after: datetime) -> None:
        """Gives root and stamping certificate another time in which they are good; OpenSSL 3.0 knows only days."""
        root, key = (load_pem_private_key((self.folder / f"{name}.key").read_bytes(), None) for name in ("root", "tsa"))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Short")])
        stamps = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stamps")])
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
        ) | {"encipher_only": False, "decipher_only": False}

        def certificate(subject: x509.Name, public: object, *, ca: bool) -> bytes:
            builder = x509.CertificateBuilder(name, subject, public, x509.random_serial_number(), not_before, not_after)
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            builder = builder.add_extension(
                x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, **usage), critical=True
            )
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            if not ca:
                stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
                builder = builder.add_extension(stamping, critical=True)
                issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
                builder = builder.add_extension(issuer, critical=False)
            return builder.sign(root, SHA256()).public_bytes(Encoding.PEM)

        self.root.write_bytes(certificate(name, root.public_key(), ca=True))
        (self.folder / "tsa.pem").write_bytes(certificate(stamps, key.public_key(), ca=False))

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
