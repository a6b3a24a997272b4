-- The ledger of promotions' uses. The counters of a promotion change in the same transaction. An operation happens once: the second row for
-- it is refused, and with it the whole write. The kind says from which counter to which uses and amount move: a reservation adds to what is
-- reserved, a commit moves it to what is committed, a release takes it from what is reserved, a return from what is committed.
create table promotion_use (
  promotion_id           text not null,
  sequence               bigint not null,
  operation_id           text not null,
  at                     timestamptz not null,
  kind                   text not null,
  uses                   integer not null check (uses between 0 and 1),
  -- Minor units of the currency. What is reserved and committed afterwards is of this currency, too.
  amount                 bigint not null check (amount >= 0),
  currency               text,
  reserved_after         bigint not null,
  committed_after        bigint not null,
  amount_reserved_after  bigint not null,
  amount_committed_after bigint not null,
  order_id               uuid not null,
  -- The keys of the holders whose uses a reservation counts.
  holders                jsonb,
  primary key (promotion_id, sequence),
  unique (promotion_id, operation_id),
  check (reserved_after >= 0 and committed_after >= 0 and amount_reserved_after >= 0 and amount_committed_after >= 0)
);

-- The uses of each holder (a customer, a code), reserved and committed, after each movement that changes them. The row with the highest
-- sequence has the count.
create table promotion_holder_use (
  promotion_id text not null,
  holder       text not null,
  sequence     bigint not null,
  uses_after   bigint not null check (uses_after >= 0),
  primary key (promotion_id, holder, sequence)
);

-- A promotion's row changes with each write of its uses. Attached, because a table that is created as a partition would lock all others.
create table grain_state_promotion_uses (like grain_state including all) with (fillfactor = 50);
alter table grain_state attach partition grain_state_promotion_uses for values in ('promotion-uses');
insert into owned_name values ('state', 'promotion-uses', 'soonshop/Default') on conflict do nothing;

-- For the ADO.NET provider. Rows of holders follow the rows of the ledger.
create function insert_promotion_uses(p_rows jsonb) returns void language sql as $$
  insert into promotion_use (promotion_id, sequence, operation_id, at, kind, uses, amount, currency, reserved_after, committed_after,
                             amount_reserved_after, amount_committed_after, order_id, holders)
  select r."promotionId", r.sequence, r."operationId", r.at, r.kind, r.uses, r.amount, r.currency, r."reservedAfter", r."committedAfter",
         r."amountReservedAfter", r."amountCommittedAfter", r."orderId", r.holders
  from jsonb_to_recordset(p_rows) as r(
    "promotionId" text, sequence bigint, "operationId" text, at timestamptz, kind text, uses integer, amount bigint, currency text,
    "reservedAfter" bigint, "committedAfter" bigint, "amountReservedAfter" bigint, "amountCommittedAfter" bigint, "orderId" uuid,
    holders jsonb)
  where r."operationId" is not null;

  insert into promotion_holder_use (promotion_id, holder, sequence, uses_after)
  select r."promotionId", r.holder, r.sequence, r."usesAfter"
  from jsonb_to_recordset(p_rows) as r("promotionId" text, holder text, sequence bigint, "usesAfter" bigint)
  where r.holder is not null
$$;

-- As in 0012, and the first row tells of which ledger the rows are.
create or replace function write_grain_state(p_state_name text, p_key text, p_version integer, p_frame bytea)
returns integer language plpgsql as $$
declare
  state_length  integer := frame_length(p_frame, 0);
  index_length  integer := frame_length(p_frame, 1);
  events_length integer := frame_length(p_frame, 2);
  ledger_length integer := frame_length(p_frame, 3);
  new_state     bytea := substring(p_frame from 17 for state_length);
  new_index     jsonb;
  new_version   integer;
  ledger_rows   jsonb;
begin
  if index_length > 0 then
    new_index := convert_from(substring(p_frame from 17 + state_length for index_length), 'UTF8')::jsonb;
  end if;
  if p_version is null then
    insert into grain_state (state_name, grain_key, version, state, index)
      values (p_state_name, p_key, 1, new_state, new_index)
      on conflict (state_name, grain_key) do nothing
      returning version into new_version;
  else
    update grain_state
      set state = new_state, index = new_index, version = version + 1, modified_at = now()
      where state_name = p_state_name and grain_key = p_key and version = p_version
      returning version into new_version;
  end if;
  if new_version is null then
    return null;
  end if;
  if events_length > 0 then
    perform insert_events('shop',
      convert_from(substring(p_frame from 17 + state_length + index_length for events_length), 'UTF8')::jsonb);
  end if;
  if ledger_length > 0 then
    ledger_rows := convert_from(
      substring(p_frame from 17 + state_length + index_length + events_length for ledger_length), 'UTF8')::jsonb;
    if ledger_rows -> 0 ? 'sku' then
      perform insert_movements(ledger_rows);
    else
      perform insert_promotion_uses(ledger_rows);
    end if;
  end if;
  return new_version;
end $$;
