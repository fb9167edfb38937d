"""Records of the CRM, pipelines as configuration, links of calls, leads, and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STAGES = "stage IN ('qualify', 'needs', 'proposal', 'negotiate', 'close', 'won', 'lost')"
_NEW = (
    "lead_events",
    "leads",
    "call_links",
    "violation_answers",
    "next_step_marks",
    "opportunity_contacts",
    "done_actions",
    "collaborators",
    "approvals",
    "notices",
    "configurations",
    "changes",
)


def upgrade() -> None:
    _extend()
    _create_books()
    _create_deals()
    _create_answers()
    _create_links()
    _create_leads()


def _extend() -> None:
    # Which stages there are is a pipeline's word now.
    op.drop_constraint(op.f("ck_opportunities_stage"), "opportunities")
    op.add_column("accounts", sa.Column("external_id", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("industry", sa.String(), nullable=True))
    op.add_column("accounts", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("uq_accounts_name"), "accounts", type_="unique")
    op.create_index(
        "uq_accounts_name",
        "accounts",
        ["name"],
        unique=True,
        postgresql_where=sa.text("external_id IS NULL AND deleted_at IS NULL"),
    )
    op.create_index("ix_accounts_name", "accounts", ["name"], unique=False)
    op.create_index(op.f("ix_accounts_owner_id"), "accounts", ["owner_id"], unique=False)
    op.create_index(
        "uq_accounts_external_id",
        "accounts",
        ["external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_foreign_key(op.f("fk_accounts_owner_id_users"), "accounts", "users", ["owner_id"], ["id"])
    op.add_column("contacts", sa.Column("external_id", sa.String(), nullable=True))
    op.add_column("contacts", sa.Column("email", sa.String(), nullable=True))
    op.add_column("contacts", sa.Column("title", sa.String(), nullable=True))
    op.add_column("contacts", sa.Column("decision_role", sa.String(), server_default="unknown", nullable=False))
    op.create_index("ix_contacts_phone_tail", "contacts", [sa.text('"right"(phone, 7)')], unique=False)
    op.create_index(
        "uq_contacts_external_id",
        "contacts",
        ["external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("opportunities", sa.Column("pipeline", sa.String(), server_default="default", nullable=False))
    op.add_column("opportunities", sa.Column("source", sa.String(), nullable=True))
    op.add_column("opportunities", sa.Column("loss_reason", sa.String(), nullable=True))
    op.add_column(
        "opportunities",
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("opportunities", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "opportunities",
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.create_index("ix_opportunities_pipeline", "opportunities", ["pipeline", "stage"], unique=False)
    op.create_check_constraint(
        op.f("ck_contacts_decision_role"),
        "contacts",
        "decision_role IN ('decision_maker', 'influencer', 'user', 'procurement', 'champion', 'blocker', 'unknown')",
    )
    op.execute(
        "UPDATE opportunities SET closed_at = m.at FROM (SELECT opportunity_id, stage, max(changed_at) AS at FROM stage_changes GROUP BY 1, 2) m WHERE m.opportunity_id = opportunities.id AND m.stage = opportunities.stage AND opportunities.outcome <> 'open'"
    )


def _create_books() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("noun_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), server_default="", nullable=False),
        sa.Column("old", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("via IN ('web', 'api', 'cli', 'import', 'job')", name=op.f("ck_changes_via")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_changes_actor_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_at", "changes", ["at"], unique=False)
    op.create_index("ix_changes_batch_id", "changes", ["batch_id"], unique=False)
    op.create_index("ix_changes_noun", "changes", ["noun", "noun_id", "id"], unique=False)
    op.create_table(
        "configurations",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('pipeline', 'linking', 'pool', 'points', 'mapping')", name=op.f("ck_configurations_kind")
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_configurations_changed_by_id_users")),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_configurations")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("href", sa.String(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_user_id", "notices", ["user_id", "created_at"], unique=False)


def _create_deals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="requested", nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'approved', 'rejected')", name=op.f("ck_approvals_state")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_approvals_decided_by_id_users")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_approvals_opportunity_id_opportunities")
        ),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name=op.f("fk_approvals_requested_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_opportunity_id"), "approvals", ["opportunity_id"], unique=False)
    op.create_index(
        "uq_approvals_open",
        "approvals",
        ["opportunity_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "collaborators",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_collaborators_opportunity_id_opportunities")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_collaborators_user_id_users")),
        sa.PrimaryKeyConstraint("opportunity_id", "user_id", "function", name=op.f("pk_collaborators")),
    )
    op.create_index(op.f("ix_collaborators_user_id"), "collaborators", ["user_id"], unique=False)
    op.create_table(
        "done_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["done_by_id"], ["users.id"], name=op.f("fk_done_actions_done_by_id_users")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_done_actions_opportunity_id_opportunities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_done_actions")),
        sa.UniqueConstraint(
            "opportunity_id", "action", "done_at", name=op.f("uq_done_actions_opportunity_id_action_done_at")
        ),
    )
    op.create_table(
        "opportunity_contacts",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("decision_role", sa.String(), server_default="unknown", nullable=False),
        sa.CheckConstraint(
            "decision_role IN ('decision_maker', 'influencer', 'user', 'procurement', 'champion', 'blocker', 'unknown')",
            name=op.f("ck_opportunity_contacts_decision_role"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_opportunity_contacts_contact_id_contacts")
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_opportunity_contacts_opportunity_id_opportunities")
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "contact_id", name=op.f("pk_opportunity_contacts")),
    )
    op.create_index(op.f("ix_opportunity_contacts_contact_id"), "opportunity_contacts", ["contact_id"], unique=False)


def _create_answers() -> None:
    op.create_table(
        "next_step_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("marked_by_id", sa.Uuid(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("state IN ('kept', 'missed', 'dropped')", name=op.f("ck_next_step_marks_state")),
        sa.ForeignKeyConstraint(["marked_by_id"], ["users.id"], name=op.f("fk_next_step_marks_marked_by_id_users")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_next_step_marks_opportunity_id_opportunities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_next_step_marks")),
    )
    op.create_index("ix_next_step_marks_key", "next_step_marks", ["opportunity_id", "key", "marked_at"], unique=False)
    op.create_table(
        "violation_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "answered_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("state IN ('explained', 'accepted', 'resolved')", name=op.f("ck_violation_answers_state")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], name=op.f("fk_violation_answers_answered_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_violation_answers_opportunity_id_opportunities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation_answers")),
    )
    op.create_index(
        "ix_violation_answers_key", "violation_answers", ["opportunity_id", "key", "answered_at"], unique=False
    )


def _create_links() -> None:
    op.create_table(
        "call_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_links_call_id_calls")),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_call_links_made_by_id_users")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_call_links_opportunity_id_opportunities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_links")),
    )
    op.create_index("ix_call_links_call_id", "call_links", ["call_id", "made_at"], unique=False)
    op.create_index(op.f("ix_call_links_opportunity_id"), "call_links", ["opportunity_id"], unique=False)
    op.create_index(
        "uq_call_links_in_force",
        "call_links",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _create_leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default="new", nullable=False),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owned_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_leads_grade")),
        sa.CheckConstraint(
            "state IN ('new', 'assigned', 'contacted', 'qualified', 'converted', 'invalid')",
            name=op.f("ck_leads_state"),
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunities.id"], name=op.f("fk_leads_opportunity_id_opportunities")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_leads_owner_id_users")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_leads_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index(
        "ix_leads_due_at", "leads", ["due_at"], unique=False, postgresql_where=sa.text("owner_id IS NOT NULL")
    )
    op.create_index(op.f("ix_leads_opportunity_id"), "leads", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_leads_owner_id"), "leads", ["owner_id"], unique=False)
    op.create_index(op.f("ix_leads_phone"), "leads", ["phone"], unique=False)
    op.create_index(op.f("ix_leads_team_id"), "leads", ["team_id"], unique=False)
    op.create_index(
        "uq_leads_external_id", "leads", ["external_id"], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_table(
        "lead_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("from_owner_id", sa.Uuid(), nullable=True),
        sa.Column("to_owner_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_lead_events_actor_id_users")),
        sa.ForeignKeyConstraint(["from_owner_id"], ["users.id"], name=op.f("fk_lead_events_from_owner_id_users")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_events_lead_id_leads")),
        sa.ForeignKeyConstraint(["to_owner_id"], ["users.id"], name=op.f("fk_lead_events_to_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_events")),
    )
    op.create_index("ix_lead_events_lead_id", "lead_events", ["lead_id", "at"], unique=False)


def downgrade() -> None:
    """What the older tables have no place for is lost; deals in stages they don't know go back to the first or last."""
    for table in _NEW:
        op.drop_table(table)
    op.drop_index("ix_opportunities_pipeline", table_name="opportunities")
    op.execute(
        f"UPDATE opportunities SET stage = CASE outcome WHEN 'open' THEN 'qualify' ELSE outcome END WHERE NOT {_STAGES}"
    )
    for column in ("fields", "closed_at", "updated_at", "loss_reason", "source", "pipeline"):
        op.drop_column("opportunities", column)
    op.create_check_constraint(op.f("ck_opportunities_stage"), "opportunities", _STAGES)
    op.drop_index("ix_contacts_phone_tail", table_name="contacts")
    op.drop_index("uq_contacts_external_id", table_name="contacts")
    op.drop_constraint(op.f("ck_contacts_decision_role"), "contacts")
    for column in ("decision_role", "title", "email", "external_id"):
        op.drop_column("contacts", column)
    _shrink_accounts()


def _shrink_accounts() -> None:
    for index in ("uq_accounts_external_id", "ix_accounts_owner_id", "ix_accounts_name", "uq_accounts_name"):
        op.drop_index(op.f(index), table_name="accounts")
    # Names were unique, also those of deleted accounts.
    op.execute(
        "UPDATE accounts SET name = name || ' (' || coalesce(external_id, id::text) || ')' WHERE EXISTS"
        " (SELECT 1 FROM accounts o WHERE o.name = accounts.name AND o.id < accounts.id)"
    )
    op.create_unique_constraint(op.f("uq_accounts_name"), "accounts", ["name"])
    op.drop_constraint(op.f("fk_accounts_owner_id_users"), "accounts")
    for column in ("owner_id", "industry", "external_id"):
        op.drop_column("accounts", column)
