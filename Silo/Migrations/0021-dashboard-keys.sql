-- Keys that protect the cookies of the silos' dashboard: a new one each ninety days. Without them administrators sign in again.
create table dashboard_key (
    name       text primary key,
    xml        text        not null,
    created_at timestamptz not null default now()
);
