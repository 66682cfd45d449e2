"""The releases of the sandbox's service that can be deployed, each with the commit it was built from."""

RELEASES = {
    "v0.1.0": "5f0c1d9a7be24436a1f8e3d25c90b7e4116a8d32",
    "v0.2.0": "b83e6a04f1d95c27708ba9e61c3d52f04e97a1cb",
}
NEWEST = "v0.2.0"
