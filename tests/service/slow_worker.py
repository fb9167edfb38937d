"""A worker with slow stand-in engines, run as a process of its own to be killed.

Arguments: database address, home folder, seconds a batch takes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy.engine import make_url

from fakes import FakeEngines
from models.database import Database
from service.jobs.worker import Worker
from service.settings import Settings

if __name__ == "__main__":
    address, home, seconds = sys.argv[1:]
    database = Database(make_url(address).set(drivername="postgresql+psycopg"))
    print("working", flush=True)
    Worker(Settings(home=Path(home)), database, engines=FakeEngines(float(seconds))).run()
