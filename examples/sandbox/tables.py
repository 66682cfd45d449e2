"""The tables of what the service does beside the ledger."""

BUSINESS = """
create table slot_runs (slot timestamptz primary key, run text not null unique, started_at timestamptz not null);
create table alerts (
    id text primary key,
    run text not null references slot_runs (run),
    raised_at timestamptz not null,
    delivered_at timestamptz,
    receipt text unique
);
create table accounts (id text primary key, created_at timestamptz not null, deleted_at timestamptz);
create table account_events (
    seq bigint generated always as identity primary key,
    account text not null,
    action text not null,
    at timestamptz not null default now()
);
create table tenant_config (tenant text primary key, config jsonb not null);
grant select, insert, update on slot_runs, alerts, accounts, account_events, tenant_config to service;
grant select on slot_runs, alerts, accounts, account_events, tenant_config to auditor;
"""
