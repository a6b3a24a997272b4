-- Whose a name is: of a state (the first part of the key of grain_state), or of a stream provider. Who uses a name first has it, with what was
-- kept under it before; others get a name with theirs before it.
create table owned_name (
  kind  text not null check (kind in ('state', 'stream')),
  name  text not null,
  owner text not null,
  primary key (kind, name)
);

-- The shop's own, also of databases in which the shop writes with the ADO.NET provider, which asks for none.
insert into owned_name values ('stream', 'shop', 'soonshop');
insert into owned_name
  select 'state', name, 'soonshop/Default'
  from unnest('{user,email,product,inventory,cart,order,payment,payment-customer,idempotency,notification,mail,webhook,api-key,log-levels}'::text[]) name;
