"""Alembic's entry point: runs the migrations on the connection that ``models.database`` hands over."""

from alembic import context

from models import Table

connection = context.config.attributes["connection"]
# The queue's tables are Procrastinate's, created by service.jobs.queue.
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    include_name=lambda name, kind, _parents: not (kind == "table" and str(name).startswith("procrastinate")),
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
