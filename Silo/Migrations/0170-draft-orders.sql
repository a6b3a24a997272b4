-- Draft orders. Attached, because a table that is created as a partition would lock all others.
create table grain_state_draft_order (like grain_state including all);

-- The list, newest first, of all drafts or those in one status.
create index draft_order_by_time on grain_state_draft_order ((index ->> 'createdAt') desc, grain_key desc);
create index draft_order_by_status on grain_state_draft_order ((index ->> 'status'), (index ->> 'createdAt') desc, grain_key desc);

-- The drafts of an account, for its owner and its erasure.
create index draft_order_by_customer on grain_state_draft_order ((index ->> 'customerId')) where index ->> 'customerId' is not null;

-- Open drafts whose validity ends, and ended ones whose retention ends.
create index draft_order_valid_until on grain_state_draft_order ((index ->> 'validUntil')) where index ->> 'status' = 'open';
create index draft_order_ended on grain_state_draft_order ((index ->> 'endedAt')) where index ->> 'endedAt' is not null;

alter table grain_state attach partition grain_state_draft_order for values in ('draft-order');
insert into owned_name values ('state', 'draft-order', 'soonshop/Default') on conflict do nothing;
