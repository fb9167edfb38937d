"""Roles told with a confidence, corrected by a person, and read either way."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNIQUE_SCORE = ["call_id", "recording_hash", "sop_hash", "weights_hash"]


def upgrade() -> None:
    op.add_column("recordings", sa.Column("rep_channel", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_recordings_rep_channel"), "recordings", "rep_channel IN (0, 1)")
    op.add_column("transcripts", sa.Column("role_confidence", sa.Double(), server_default="1", nullable=False))
    op.add_column("turns", sa.Column("voice", sa.SmallInteger(), nullable=True))
    op.create_table(
        "role_corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("rep_party", sa.String(), nullable=False),
        sa.Column("corrected_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "corrected_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("carried_from_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.id"], name=op.f("fk_role_corrections_transcript_id_transcripts")
        ),
        sa.ForeignKeyConstraint(
            ["corrected_by_id"], ["users.id"], name=op.f("fk_role_corrections_corrected_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["carried_from_id"],
            ["role_corrections.id"],
            name=op.f("fk_role_corrections_carried_from_id_role_corrections"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_corrections")),
    )
    op.create_index("ix_role_corrections_transcript_id", "role_corrections", ["transcript_id", "corrected_at"])
    for table in ("analyses", "scorecards"):
        op.add_column(table, sa.Column("rep_party", sa.String(), server_default="", nullable=False))
    op.drop_constraint("uq_analyses_transcript_id_tagger_hash", "analyses")
    op.create_unique_constraint(
        op.f("uq_analyses_transcript_id_tagger_hash_rep_party"),
        "analyses",
        ["transcript_id", "tagger_hash", "rep_party"],
    )
    op.drop_constraint("uq_scorecards_call_id_recording_hash_sop_hash_weights_hash", "scorecards")
    op.create_unique_constraint("uq_scorecards_reading", "scorecards", [*_UNIQUE_SCORE, "rep_party"])


def downgrade() -> None:
    # What was read with another rep has no place in the older tables.
    corrected = {
        "step_results": "scorecard_id IN (SELECT id FROM scorecards WHERE rep_party <> '')",
        "scorecards": "rep_party <> ''",
        "key_events": "analysis_id IN (SELECT id FROM analyses WHERE rep_party <> '')",
        "call_metrics": "analysis_id IN (SELECT id FROM analyses WHERE rep_party <> '')",
        "analyses": "rep_party <> ''",
    }
    for table, condition in corrected.items():
        op.execute(f"DELETE FROM {table} WHERE {condition}")
    op.drop_constraint("uq_scorecards_reading", "scorecards")
    op.create_unique_constraint(
        op.f("uq_scorecards_call_id_recording_hash_sop_hash_weights_hash"), "scorecards", _UNIQUE_SCORE
    )
    op.drop_constraint("uq_analyses_transcript_id_tagger_hash_rep_party", "analyses")
    op.create_unique_constraint(
        op.f("uq_analyses_transcript_id_tagger_hash"), "analyses", ["transcript_id", "tagger_hash"]
    )
    for table in ("scorecards", "analyses"):
        op.drop_column(table, "rep_party")
    op.drop_table("role_corrections")
    op.drop_column("turns", "voice")
    op.drop_column("transcripts", "role_confidence")
    op.drop_constraint("ck_recordings_rep_channel", "recordings")
    op.drop_column("recordings", "rep_channel")
