"""The retention flow: each week, deletes what the catalogue's retention no longer keeps."""

from pathlib import Path

from prefect import flow
from prefect.logging import get_run_logger

from flows.retaining import Retaining
from flows.settings import Settings


@flow(name="retention", validate_parameters=True, persist_result=False)
def retention(catalog: Path | None = None, *, dry_run: bool = False) -> list[str]:
    """Deletes the bundles whose time is over, and returns their names; holds and waivers keep what they are about.

    Args:
        catalog: The catalogue whose retention counts; by default the one that the settings name.
        dry_run: Whether to only say what would be deleted.
    """
    retaining = Retaining.of(Settings.of(catalog))
    due = retaining.due()
    for one in due:
        what = f"stays: {'; '.join(one.kept_by)}" if one.kept_by else "its time is over"
        get_run_logger().info("%s (%s): %s", one.path.name, one.words, what)
    if retaining.policy.keep and not dry_run:
        retaining.delete(due)
        for record in retaining.move_out():
            get_run_logger().info("in the archive, and no longer on this disk: %s", record.name)
    return [one.path.name for one in due if not one.kept_by]
