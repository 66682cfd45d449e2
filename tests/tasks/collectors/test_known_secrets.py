"""Secrets of known forms are found and gone; what only looks like one a little stays."""

import json

import pytest

from tasks.collectors.known_secrets import hide_secrets

LONG = "Ab1" * 20


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("key AKIA" + "ABCDEFGHIJ234567", "AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----\\nMIIE", "private key"),
        ("-----BEGIN PRIVATE KEY-----", "private key"),
        (f"token ghp_{LONG[:36]}", "GitHub token"),
        (f"github_pat_{LONG[:30]}", "GitHub token"),
        (f"glpat-{LONG[:20]}", "GitLab token"),
        (f"xoxb-{LONG[:20]}", "Slack token"),
        (f"sk_live_{LONG[:24]}", "Stripe key"),
        (f"AIza{LONG[:35]}", "Google API key"),
        (f"sk-proj-{LONG[:40]}", "OpenAI or Anthropic key"),
        (f"SG.{LONG[:22]}.{LONG[:43]}", "SendGrid key"),
        (f"eyJ{LONG[:20]}.eyJ{LONG[:20]}.{LONG[:20]}", "JSON Web Token"),
        (f"Authorization: Bearer {LONG[:24]}", "credentials in a header"),
        ("postgresql://app:s3cr3t@db.test/x", "password in an address"),
        ("password=hunter22", "named secret"),
        ('{"client_secret": "hunter22"}', "named secret"),
        (json.dumps({"message": json.dumps({"apiKey": "hunter22"})}), "named secret"),
        ("PASSWD: hunter22", "named secret"),
        ("db_password='hunter22'", "named secret"),
        ("access-token: hunter22", "named secret"),
    ],
)
def test_a_secret_is_named_and_hidden(text: str, name: str):
    hidden = hide_secrets(text)
    assert hidden.found == (name,)
    assert f"‹{name}›" in hidden.text
    assert not any(secret in hidden.text for secret in ("hunter22", "s3cr3t", LONG[:20]))


@pytest.mark.parametrize(
    "text",
    [
        "the password was changed",
        "password: ********",
        "password=[redacted]",
        '{"password": null, "secret": "<hidden>"}',
        "token_count=123456",
        "passwordless=enabled",
        "api_key=${API_KEY}",
        "https://user@host.test/path",
        "https://host.test:8080/a@b",
        "Bearer authentication is required here",
        "basic understanding",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "b83e6a04f1d95c27708ba9e61c3d52f04e97a1cb",
        "secret santa",
    ],
)
def test_ordinary_text_is_left_alone(text: str):
    assert hide_secrets(text).found == ()
    assert hide_secrets(text).text == text


def test_our_own_credentials_are_hidden_whatever_their_form():
    hidden = hide_secrets("said open-sesame and open-sesame", ["open-sesame", "open", ""])
    assert hidden.text == "said ‹a credential of this check› and ‹a credential of this check›"
    assert len(hidden.found) == 2


def test_text_without_end_is_read_in_no_time():
    assert hide_secrets("a:" * 200_000).found == ()
    assert hide_secrets("://" * 100_000).found == ()
