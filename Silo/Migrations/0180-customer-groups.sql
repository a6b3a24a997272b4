-- Customers are listed by their groups, which stand beside the state from now on, and here for the accounts that are there.
update grain_state_user set index = index || jsonb_build_object('groups', convert_from(state, 'UTF8')::jsonb #> '{state,customerGroups}')
  where state is not null and index is not null and convert_from(state, 'UTF8')::jsonb #> '{state,customerGroups,0}' is not null;
create index user_by_group on grain_state_user using gin ((index -> 'groups')) where index ? 'groups';
