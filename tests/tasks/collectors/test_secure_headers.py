"""A header that is there and protects nobody is as good as none."""

import pytest

from tasks.collectors.mixed_content import plain_parts
from tasks.collectors.secure_headers import insecure

HSTS, FRAME, CSP, REFERRER = (
    "strict-transport-security",
    "x-frame-options",
    "content-security-policy",
    "referrer-policy",
)


@pytest.mark.parametrize(
    ("name", "headers", "good"),
    [
        ("hsts", {HSTS: "max-age=1"}, True),
        ("hsts", {HSTS: 'includeSubDomains; max-age="600"'}, True),
        ("hsts", {HSTS: "max-age=0"}, False),
        ("hsts", {HSTS: "includeSubDomains"}, False),
        ("hsts", {HSTS: "s-max-age=600"}, False),
        ("nosniff", {"x-content-type-options": "NoSniff"}, True),
        ("nosniff", {"x-content-type-options": "sniff"}, False),
        ("frame", {FRAME: "sameorigin"}, True),
        ("frame", {FRAME: "ALLOW-FROM https://a.test"}, False),
        ("frame", {CSP: "default-src 'self'; frame-ancestors 'none'"}, True),
        ("frame", {CSP: "frame-ancestors *", FRAME: "DENY"}, False),
        ("frame", {CSP: "default-src 'self'"}, False),
        ("csp", {CSP: "default-src 'self'"}, True),
        ("csp", {CSP: " ; "}, False),
        ("csp", {"content-security-policy-report-only": "default-src 'self'"}, False),
        ("referrer", {REFERRER: "no-referrer"}, True),
        ("referrer", {REFERRER: "no-referrer, unknown-policy"}, True),
        ("referrer", {REFERRER: "no-referrer, unsafe-url"}, False),
        ("referrer", {REFERRER: "whatever"}, False),
        *((name, {}, False) for name in ("hsts", "nosniff", "frame", "csp", "referrer")),
    ],
)
def test_each_protection_is_what_its_header_means(name, headers, good):
    assert (insecure(headers, name) is None) is good


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b'<script src="http://a.test/x.js"></script>', 1),
        (b'<SCRIPT SRC=" HTTP://a.test/x.js ">', 1),
        (b'<link rel="icon stylesheet" href="http://a.test/x.css">', 1),
        (b'<link rel="canonical" href="http://a.test/">', 0),
        (b'<a href="http://a.test/">', 0),
        (b'<form action="http://a.test/login">', 1),
        (b"<div style=\"background:url('http://a.test/x.png')\">", 1),
        (b"<style>@import 'http://a.test/x.css';</style>", 1),
        (b"<p>see url(http://a.test/x.png)</p>", 0),
        (b'<img src="https://a.test/?next=http://b.test/x.png">', 0),
        (b'<img src="//a.test/x.png"><img src="/x.png">', 0),
        (b'<video poster="http://a.test/p.png"><source src="http://a.test/v.mp4"></video>', 2),
        (b'<img src="http://a.test/x.png"><img src="http://a.test/x.png">', 1),
        (b"<!-- <img src='http://a.test/x.png'> -->", 0),
        (b"\xff<img src=http://a.test/x.png", 0),
    ],
)
def test_what_a_page_loads_is_told_from_what_it_leads_to(page: bytes, found: int):
    assert len(plain_parts(page)) == found
