"""A person's word on key events, and the samples they are offered for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SAID = "said IN ('present', 'doubtful', 'absent')"


def upgrade() -> None:
    op.create_table(
        "review_samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("weights_hash", sa.String(), nullable=False),
        sa.Column("strata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_review_samples_asked_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_samples")),
    )
    op.create_index(op.f("ix_review_samples_asked_by_id"), "review_samples", ["asked_by_id"])
    _create_reviews()
    _create_sample_items()


def _create_reviews() -> None:
    foreign = {
        "call_id": "calls",
        "transcript_id": "transcripts",
        "sample_id": "review_samples",
        "reviewed_by_id": "users",
        "carried_from_id": "event_reviews",
    }
    op.create_table(
        "event_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("weights_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("turn_text", sa.String(), nullable=False),
        sa.Column("chosen", sa.String(), server_default="page", nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("sampling_probability", sa.Double(), nullable=True),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "reviewed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("carried_from_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "chosen IN ('page', 'sampled_hit', 'sampled_non_hit')", name=op.f("ck_event_reviews_chosen")
        ),
        sa.CheckConstraint(_SAID, name=op.f("ck_event_reviews_said")),
        sa.CheckConstraint(
            "verdict IN ('confirmed', 'rejected', 'missed', 'withdrawn')", name=op.f("ck_event_reviews_verdict")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_event_reviews_{column}_{table}"))
            for column, table in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_reviews")),
    )
    for column in ("call_id", "sample_id", "weights_hash"):
        op.create_index(op.f(f"ix_event_reviews_{column}"), "event_reviews", [column])
    op.create_index("ix_event_reviews_turn", "event_reviews", ["transcript_id", "turn", "event", "reviewed_at"])


def _create_sample_items() -> None:
    foreign = {"sample_id": "review_samples", "call_id": "calls", "analysis_id": "analyses"}
    op.create_table(
        "review_sample_items",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("sampling_probability", sa.Double(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('yes', 'no', 'skip')", name=op.f("ck_review_sample_items_answer")),
        sa.CheckConstraint(_SAID, name=op.f("ck_review_sample_items_said")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_review_sample_items_{column}_{table}"))
            for column, table in foreign.items()
        ),
        sa.PrimaryKeyConstraint("sample_id", "position", name=op.f("pk_review_sample_items")),
        sa.UniqueConstraint(
            "sample_id",
            "analysis_id",
            "turn",
            "event",
            name=op.f("uq_review_sample_items_sample_id_analysis_id_turn_event"),
        ),
    )
    op.create_index(op.f("ix_review_sample_items_call_id"), "review_sample_items", ["call_id"])


def downgrade() -> None:
    for table in ("review_sample_items", "event_reviews", "review_samples"):
        op.drop_table(table)
