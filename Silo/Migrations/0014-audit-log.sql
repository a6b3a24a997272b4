-- The audit log, for every administrative and security-relevant act.
alter table audit_log
  add column outcome    text not null default 'success',
  -- From where it came: IP address, what the client called itself, and the trace of the request.
  add column address    text,
  add column user_agent text,
  add column trace_id   text,
  -- The subject before and after it.
  add column before     jsonb,
  add column after      jsonb,
  -- Of an act that was committed with a grain's state: its place among the grain's events.
  add column event_id   text unique;

drop index audit_log_by_action;
create index audit_log_by_time    on audit_log (at desc, id desc);
create index audit_log_by_actor   on audit_log (actor, at desc, id desc);
create index audit_log_by_subject on audit_log (subject, at desc, id desc);
create index audit_log_by_action  on audit_log (action text_pattern_ops, at desc, id desc);
create index audit_log_by_outcome on audit_log (outcome, at desc, id desc) where outcome <> 'success';

-- It is only added to. What is older than a day goes by the retention job, which says so for its own transaction.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('soonshop.audit_retention', true) = 'on' and old.at < now() - interval '1 day' then
    return old;
  end if;
  raise exception 'The audit log is only added to; % is refused.', tg_op using errcode = 'insufficient_privilege';
end $$;

create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_audit_change();
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_audit_change();

-- An act comes with the events of the state that it changed, so that both are committed or neither. It is no event for
-- handlers: it goes into the log instead of a queue.
create function keep_audit_entry() returns trigger language plpgsql as $$
begin
  insert into audit_log (at, actor, action, subject, outcome, count, address, user_agent, trace_id, before, after, details, event_id)
  values (new.time, new.data ->> 'actor', new.data ->> 'action', new.data ->> 'subject', new.data ->> 'outcome', (new.data ->> 'count')::integer,
          new.data ->> 'address', new.data ->> 'userAgent', new.data ->> 'traceId', new.data -> 'before', new.data -> 'after',
          new.data -> 'details', new.id)
  on conflict (event_id) do nothing;
  return null;
end $$;

create trigger event_is_audit_entry before insert on event
  for each row when (new.type = 'audit.recorded' and new.stream_namespace = 'audit') execute function keep_audit_entry();
