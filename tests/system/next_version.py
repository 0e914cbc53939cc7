"""A daemon of the version after this one: its schema has a step more, which takes as long as the test wants.

`python -m tests.system.next_version` runs the daemon named by DAEMON. The step waits for the file STEP_MAY_END.
"""

import os
import runpy
import sqlite3
import time
from pathlib import Path

from shared import migrations


def add_a_label(connection: sqlite3.Connection) -> None:
    connection.execute("alter table client add column label text not null default ''")
    while not Path(os.environ["STEP_MAY_END"]).exists():
        time.sleep(0.02)


migrations.STEPS += (migrations.Step("9999_next_version", add_a_label),)
migrations.SCHEMA_VERSION = len(migrations.STEPS)

if __name__ == "__main__":
    runpy.run_module(os.environ["DAEMON"], run_name="__main__")
