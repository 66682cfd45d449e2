"""What is expected of each kind of evidence, as Great Expectations suites: one module for each kind."""

from checks.expectations.deferral import absent, defer

defer("scipy.stats", "altair")
with absent("pyarrow", "boto3", "botocore"):
    import great_expectations as great_expectations
