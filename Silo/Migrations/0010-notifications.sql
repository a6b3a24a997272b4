-- Administrators are told of the shop's stock: their roles stand beside the state from now on, and here for those who are there.
update grain_state_user set index = index || jsonb_build_object('roles', convert_from(state, 'UTF8')::jsonb #> '{state,roles}')
  where state is not null and not index ? 'roles';
create index user_admin on grain_state_user (grain_key) where index -> 'roles' ? 'admin';

create table grain_state_notification partition of grain_state for values in ('notification');
create table grain_state_mail         partition of grain_state for values in ('mail');
create table grain_state_webhook      partition of grain_state for values in ('webhook');
