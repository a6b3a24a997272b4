-- Orders that existed before order_entry did were added in small steps before this one. Silos of the version before list orders by these indexes of the
-- states; without them such a list reads all orders, so they stay where there are many, until those silos are gone (see the runbook). With any of
-- them, a write of an order writes them all.
do $$
begin
  if (select count(*) from (select from grain_state_order limit 20001) few) <= 20000 then
    drop index if exists order_number, order_by_customer, order_by_cart, order_by_time, order_by_status, order_by_email, order_by_sku, order_not_indexed, order_retained;
  end if;
end $$;
analyze order_entry;

-- Room for the next versions of a row in its own page: an update that finds some there writes no index.
alter table grain_state_order        set (fillfactor = 70);
alter table grain_state_cart         set (fillfactor = 70);
alter table grain_state_payment      set (fillfactor = 70);
alter table grain_state_inventory    set (fillfactor = 50);
alter table grain_state_notification set (fillfactor = 80);
alter table grain_state_mail         set (fillfactor = 80);

-- What is compressed, is with less work, where the server can.
do $$
declare
  part text;
begin
  foreach part in array array['order', 'payment', 'cart', 'notification', 'mail', 'user', 'product'] loop
    execute format('alter table grain_state_%s alter column state set compression lz4', part);
  end loop;
  alter table event alter column data set compression lz4, alter column payload set compression lz4;
exception when feature_not_supported then
  raise notice 'This server has no lz4.';
end $$;
