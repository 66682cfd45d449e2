"""The backup tools that can be asked, one line each."""

from collections.abc import Mapping

from checks.kinds.backup_tool import BackupTool
from tasks.backup_tools.barman import BARMAN
from tasks.backup_tools.litestream import LITESTREAM
from tasks.backup_tools.pgbackrest import PGBACKREST
from tasks.backup_tools.restic import RESTIC
from tasks.backup_tools.tool import Tool

TOOLS: Mapping[BackupTool, Tool] = {
    "barman": BARMAN,
    "litestream": LITESTREAM,
    "pgbackrest": PGBACKREST,
    "restic": RESTIC,
}
