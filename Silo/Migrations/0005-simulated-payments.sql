-- The books of the simulated payment provider. It stands for somebody outside: nothing of the shop's own is kept here, and
-- the shop reads it only through the provider's calls.
create table simulated_payment (
  reference       text primary key,
  idempotency_key text not null unique,
  order_id        uuid not null,
  amount          bigint not null,
  currency        text not null,
  payment_method  text not null,
  status          text not null,
  client_secret   text,
  decline_code    text,
  created_at      timestamptz not null default now()
);
create index simulated_payment_order on simulated_payment (order_id);

create table simulated_refund (
  reference         text primary key,
  idempotency_key   text not null unique,
  payment_reference text not null references simulated_payment,
  amount            bigint not null check (amount > 0),
  created_at        timestamptz not null default now()
);
