"""What is expected of each kind of evidence, as Great Expectations suites: one module for each kind."""

from checks.expectations.deferral import defer

defer("scipy.stats", "altair")
