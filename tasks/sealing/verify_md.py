"""`VERIFY.md`: how a stranger checks one bundle with stock tools, in commands that are filled in for it."""

from string import Template

from checks.evidence.bag_info import KeyKind, SealedInfo
from checks.evidence.notes import NoteKey
from checks.evidence.sshsig import NAMESPACE, fingerprint
from checks.evidence.statement import OUTCOMES_FILE, STATEMENT_FILE
from checks.evidence.tiles import HASH, WIDTH, Tile
from tasks.sealing.bundle import SIGNATURE
from tasks.sealing.signers import Signer
from tasks.sealing.trust import key_file

BESIDE = "../../../../trust"
"""The evidence root's trust folder, seen from a bundle."""
LOG = "../../../../log"


class _Text(Template):
    """A template whose placeholders read `@{name}`, because shell lines are full of dollars."""

    delimiter = "@"


def instructions(info: SealedInfo, signer: Signer, log: NoteKey) -> bytes:
    """The whole file for one bundle; `log` is the key of the log that it stands in."""
    text = _TEXT.substitute(
        slot=info.slot,
        stream=info.stream,
        warning=_DEVELOPMENT if info.key is KeyKind.DEVELOPMENT else "",
        trust=BESIDE,
        identity=signer.identity,
        fingerprint=fingerprint(signer.public_key),
        namespace=NAMESPACE,
        time=f"{info.verified_as_of:%Y%m%d%H%M%SZ}",
        signature=SIGNATURE,
        statement=_dsse(STATEMENT_FILE, signer),
        outcomes=_dsse(OUTCOMES_FILE, signer),
        log=_log(info, log),
    )
    return text.encode()


def _log(info: SealedInfo, log: NoteKey) -> str:
    """The part about the evidence log; a bundle that is in none says so."""
    if info.log_index is None:
        return "\n## The evidence log\n\nThis bundle is in no evidence log.\n"
    tile = Tile(0, info.log_index // WIDTH).path
    where = info.log_index % WIDTH * HASH
    return _LOG.substitute(index=info.log_index, origin=log.name, tile=tile, skipped=where + 1, trust=BESIDE, log=LOG)


def _dsse(file: str, signer: Signer) -> str:
    return _DSSE.substitute(file=f"proof/{file}", trust=BESIDE, key=key_file(signer))


_DEVELOPMENT = """
> **Signed with a development key.** It was made up so that a first run works, and whoever can run the collector can
> sign with it. These signatures prove nothing to anybody else.
"""

_DSSE = _Text(
    """\
d=$(mktemp -d) && jq -r .payload @{file} | base64 -d > "$d/p" && \
(printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(stat -c %s "$d/p"); cat "$d/p") > "$d/pae" && \
jq -r '.signatures[0].sig' @{file} | base64 -d > "$d/sig" && \
openssl pkeyutl -verify -pubin -inkey @{trust}/@{key} -rawin -in "$d/pae" -sigfile "$d/sig" && rm -r "$d"
test "$(jq -r .payload @{file} | base64 -d | jq -r '.subject[0].digest.sha256')" = \
"$(sha256sum < bag/tagmanifest-sha256.txt | cut -d ' ' -f 1)"
"""
)

_LOG = _Text(
    """
## It is in the evidence log

`proof/evidence.tlog-proof` leads from the hash of `tagmanifest-sha256.txt`, which is leaf @{index} of the log, to the
root that the log's checkpoint states (RFC 6962, with the algorithm of RFC 9162, section 2.1.3.2). Checked from that
file alone:

```sh
grep -qx 'Evidence-Log-Index: @{index}' bag/bag-info.txt && grep -qx 'index @{index}' proof/evidence.tlog-proof
hex() { od -An -v -tx1 | tr -d ' \\n'; } && \\
node() { printf "$(printf '01%s%s' "$1" "$2" | sed 's/../\\\\x&/g')" | sha256sum | cut -c 1-64; } && \\
note() { sed '1,/^$/d' proof/evidence.tlog-proof; } && \\
at=@{index} && last=$(($(note | sed -n 2p) - 1)) && test "$last" -ge "$at" && \\
root=$( (printf '\\0'; cat bag/tagmanifest-sha256.txt) | sha256sum | cut -c 1-64) && \\
for line in $(sed '/^$/,$d' proof/evidence.tlog-proof | tail -n +3); do \\
test "$last" -gt 0 || root=too-long; sibling=$(echo "$line" | base64 -d | hex); \\
if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then root=$(node "$sibling" "$root"); \\
while [ $((at % 2)) = 0 ] && [ "$at" -gt 0 ]; do at=$((at / 2)); last=$((last / 2)); done; \\
else root=$(node "$root" "$sibling"); fi; at=$((at / 2)); last=$((last / 2)); done; \\
test "$last" = 0 && test "$root" = "$(note | sed -n 3p | base64 -d | hex)"
```

The log's key, which may be the collector's, or one that followed it, signed that checkpoint under the log's name, which
`@{trust}/log.vkey` lists too:

```sh
d=$(mktemp -d) && sed '1,/^$/d' proof/evidence.tlog-proof > "$d/note" && sed '/^$/,$d' "$d/note" > "$d/text" && \\
test "$(head -n 1 "$d/text")" = '@{origin}' && grep -q '^@{origin}+' @{trust}/log.vkey && \\
grep -F -- '— @{origin} ' "$d/note" | head -n 1 | cut -d ' ' -f 3 | base64 -d | tail -c +5 > "$d/sig" && \\
for key in $(ls @{trust}/collector-*.pem @{trust}/log-*.pem 2> /dev/null); do \\
openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$d/text" -sigfile "$d/sig" && touch "$d/signed"; done; \\
test -e "$d/signed" && rm -r "$d"
```

A witness has seen it, if a line of `@{trust}/witness.vkey` has its cosignature there (nothing is said if none has):

```sh
test ! -e @{trust}/witness.vkey || while read -r vkey; do name=${vkey%%+*}; key=${vkey#*+*+}; \\
sed '1,/^$/d' proof/evidence.tlog-proof | grep -F -- "— $name " | while read -r dash name line; do \\
d=$(mktemp -d) && echo "$line" | base64 -d > "$d/line" && tail -c 64 "$d/line" > "$d/sig" && \\
(printf '0*0\\005\\006\\003+ep\\003!\\000' && echo "$key" | base64 -d | tail -c 32) > "$d/key" && \\
time=$((16#$(head -c 12 "$d/line" | tail -c 8 | od -An -v -tx1 | tr -d ' \\n'))) && \\
(printf 'cosignature/v1\\ntime %d\\n' "$time" && \\
sed '1,/^$/d' proof/evidence.tlog-proof | sed '/^$/,$d') > "$d/text" && \\
openssl pkeyutl -verify -pubin -keyform DER -inkey "$d/key" -rawin -in "$d/text" -sigfile "$d/sig" && \\
echo "$name at $(date -u -d "@@$time")" && rm -r "$d" || exit 1; \\
done || exit 1; done < @{trust}/witness.vkey
```

An authority has stamped it, if there is a `proof/checkpoint.tsr` (its certificates need to be valid only at that time):

```sh
test ! -e proof/checkpoint.tsr || { d=$(mktemp -d) && sed '1,/^$/d' proof/evidence.tlog-proof > "$d/note" && \\
time=$(openssl ts -reply -in proof/checkpoint.tsr -text 2> /dev/null | sed -n 's/^Time stamp: //p') && \\
echo "$time" && openssl ts -verify -data "$d/note" -in proof/checkpoint.tsr -CAfile @{trust}/tsa-root.pem \\
-attime "$(date -d "$time" +%s)" && rm -r "$d"; }
```

And with the log at hand, its own tile holds the same hash:

```sh
test "$( (printf '\\0'; cat bag/tagmanifest-sha256.txt) | sha256sum | cut -c 1-64)" = \\
"$(cat "$(ls -d @{log}/@{tile} @{log}/@{tile}.p/* 2> /dev/null | sort -V | tail -n 1)" | \\
tail -c +@{skipped} | head -c 32 | od -An -v -tx1 | tr -d ' \\n')"
```
"""
)

_TEXT = _Text(
    """\
# Verify @{slot} yourself

Evidence of the stream `@{stream}`.
Run these lines with bash in the folder that holds this file; each ends with exit status 0, or the bundle is not what
was sealed. They need coreutils, bagit.py (`pip install bagit`), OpenSSH 9.1 or later, jq and OpenSSL 3. This file is
not signed itself: compare its commands with those of another bundle, or write your own.
@{warning}
The keys in `@{trust}` lie beside the evidence, and whoever could rewrite the one could rewrite the other. Get that
folder from its owner by another way and put its path in the lines below. The signing key of this bundle is
`@{fingerprint}`.

## The bag is whole

Every file has the digest that its manifest lists, nothing is missing, and nothing was put in.

```sh
(cd bag && sha256sum --strict --quiet -c manifest-sha256.txt)
(cd bag && sha256sum --strict --quiet -c tagmanifest-sha256.txt)
bagit.py --validate bag
test "$(LC_ALL=C ls -A bag | xargs)" = "bag-info.txt bagit.txt data manifest-sha256.txt tagmanifest-sha256.txt"
```

## It is the bag of this slot

```sh
grep -qx 'External-Identifier: @{slot}' bag/bag-info.txt
grep -qx 'Bag-Group-Identifier: @{stream}' bag/bag-info.txt
```

## The collector signed it

The signature is of the bytes of `tagmanifest-sha256.txt`, and so of every byte in the bag, by a key that was valid at
the time of the slot.

```sh
ssh-keygen -Y verify -f @{trust}/allowed_signers -I @{identity} -n @{namespace} -O verify-time=@{time} \
-s proof/@{signature} < bag/tagmanifest-sha256.txt
```

## The statements are about it

Two in-toto statements in DSSE envelopes name the digest of `tagmanifest-sha256.txt` as their subject: one says passed,
warned or failed; the other counts every outcome. `statement.sigstore.json` is the first once more, for the tools of
Sigstore.

```sh
@{statement}@{outcomes}test "$(jq -c .dsseEnvelope proof/statement.sigstore.json)" = \\
"$(jq -c . proof/statement.dsse.json)"
```

What they say:

```sh
jq -r .payload proof/statement.dsse.json | base64 -d | jq .predicate
jq -r .payload proof/outcomes.dsse.json | base64 -d | jq .predicate
```
@{log}
## What this does not prove

`Evidence-Previous` in `bag/bag-info.txt` is the digest of the stream's bundle before this one (`sha256sum` of its
`tagmanifest-sha256.txt`); `none` stands in the first. Whoever holds the signing key can make the bundles, the chain
and the log all over again: chain, signature and log under one key prove nothing against the operator. Only a witness
under another's key, or a trusted timestamp, shows that.
"""
)
