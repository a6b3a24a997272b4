-- As in 0006, but silent: the silo wakes the queues' owners after the commit. A transaction that notifies holds a lock over
-- the whole of its commit, and with it all such transactions commit one after the other, each with its own wait for the disk.
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
    perform insert_movements(convert_from(
      substring(p_frame from 17 + state_length + index_length + events_length for ledger_length), 'UTF8')::jsonb);
  end if;
  return new_version;
end $$;
