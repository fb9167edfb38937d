"""Drafts, versions that nobody can change, back-tests, re-scoring, observations and dimensions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_RUNS = "state IN ('waiting', 'running', 'done', 'stopped', 'failed')"

# A scorecard names its version for ever, so what a version says can't be changed by any code.
_GUARD = """
CREATE FUNCTION keep_sop_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'SOP % v% is % and cannot be deleted', OLD.name, OLD.number, OLD.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sop_versions_are_immutable';
    END IF;
    IF (OLD.id, OLD.name, OLD.number, OLD.document, OLD.content_hash, OLD.published_at, OLD.published_by_id,
        OLD.effective_from, OLD.created_at, OLD.created_by_id)
        IS DISTINCT FROM
       (NEW.id, NEW.name, NEW.number, NEW.document, NEW.content_hash, NEW.published_at, NEW.published_by_id,
        NEW.effective_from, NEW.created_at, NEW.created_by_id)
        OR NOT (NEW.state = OLD.state OR (OLD.state = 'published' AND NEW.state = 'retired')) THEN
        RAISE EXCEPTION 'SOP % v% is % and cannot be changed: publish a new version', OLD.name, OLD.number, OLD.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sop_versions_are_immutable';
    END IF;
    RETURN NEW;
END $$
"""
_TRIGGER = (
    "CREATE TRIGGER sop_versions_are_immutable BEFORE UPDATE OR DELETE ON sop_versions"
    " FOR EACH ROW EXECUTE FUNCTION keep_sop_versions()"
)


def upgrade() -> None:
    for column in ("updated_at", "effective_from", "retired_at"):
        op.add_column("sop_versions", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    for column in ("created_by_id", "retired_by_id"):
        op.add_column("sop_versions", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_sop_versions_{column}_users"), "sop_versions", "users", [column], ["id"])
    op.execute(
        "UPDATE sop_versions v SET effective_from = v.published_at"
        " WHERE EXISTS (SELECT 1 FROM sop_versions w WHERE w.name = v.name AND w.number < v.number)"
    )
    op.execute("UPDATE sop_versions SET created_by_id = published_by_id")
    op.create_check_constraint(op.f("ck_sop_versions_draft_number"), "sop_versions", "(state = 'draft') = (number = 0)")
    op.add_column("analyses", sa.Column("observations", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    dimensions = sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    op.add_column("step_results", dimensions)
    _create_runs("rescorings", "version_id", _rescoring_columns())
    _create_runs("backtests", "against_id", _backtest_columns())
    op.execute(_GUARD)
    op.execute(_TRIGGER)


def _rescoring_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_call_id", sa.Uuid(), nullable=True),
        sa.Column("scored", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
    ]


def _backtest_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    ]


def _create_runs(table: str, version: str, columns: list[sa.Column[object]]) -> None:
    keys = {version: "sop_versions", "asked_by_id": "users"}
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("stop_asked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("calls_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("calls_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_RUNS, name=op.f(f"ck_{table}_state")),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
            for column, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in keys:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    """Drafts were unknown before: they are lost."""
    op.execute("DROP TRIGGER sop_versions_are_immutable ON sop_versions")
    op.execute("DROP FUNCTION keep_sop_versions()")
    for table in ("backtests", "rescorings"):
        op.drop_table(table)
    op.drop_column("step_results", "dimensions")
    op.drop_column("analyses", "observations")
    op.drop_constraint(op.f("ck_sop_versions_draft_number"), "sop_versions")
    op.execute("DELETE FROM sop_versions WHERE state = 'draft'")
    for column in ("updated_at", "effective_from", "retired_at", "created_by_id", "retired_by_id"):
        op.drop_column("sop_versions", column)
