"""`memio purge`: remove what has expired for good."""

from memio.cli.client import opened, run_with
from memio.cli.groups import Common, grouped
from memio.cli.io.output import done


@grouped
def purge(*, common: Common) -> None:
    """Remove what has expired for good, from every store whose records can expire.

    What has expired is gone for every command before that.
    """
    counts = run_with(opened(common), lambda memio: memio.purge())
    removed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    message = f"removed {removed}" if counts else "no store here has records that can expire (feature 'expiry')"
    done(message, as_json=common.as_json, purged=counts)
