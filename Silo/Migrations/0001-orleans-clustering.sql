-- Orleans reads the text of its queries from this table, once, at start. The names of table, keys and columns are
-- those that Microsoft.Orleans.Clustering.AdoNet and .Persistence.AdoNet 10 ask for.
create table OrleansQuery (
  QueryKey  varchar(64) primary key,
  QueryText varchar(8000) not null
);

-- One row a cluster; its version orders all changes of membership.
create table cluster_version (
  deployment_id text primary key,
  version       integer not null default 0,
  changed_at    timestamptz not null default now()
);

-- One row for each start of a silo.
create table cluster_member (
  deployment_id text not null references cluster_version,
  address       text not null,
  port          integer not null,
  generation    integer not null,
  silo_name     text not null,
  host_name     text not null,
  status        integer not null,
  proxy_port    integer,
  suspect_times text,
  start_time    timestamptz not null,
  i_am_alive    timestamptz not null,
  primary key (deployment_id, address, port, generation)
);

-- Both changes stand or fall together: a member's row changes only if nobody changed the cluster in between.
create function cluster_insert_member(
  p_deployment_id text, p_address text, p_port integer, p_generation integer, p_silo_name text, p_host_name text,
  p_status integer, p_proxy_port integer, p_start_time timestamptz, p_i_am_alive timestamptz, p_version integer)
returns integer language plpgsql as $$
begin
  perform 1 from cluster_member
    where deployment_id = p_deployment_id and address = p_address and port = p_port and generation = p_generation;
  if found then
    return 0;
  end if;
  update cluster_version set version = version + 1, changed_at = now()
    where deployment_id = p_deployment_id and version = p_version;
  if not found then
    return 0;
  end if;
  insert into cluster_member
    values (p_deployment_id, p_address, p_port, p_generation, p_silo_name, p_host_name, p_status, p_proxy_port, null, p_start_time, p_i_am_alive);
  return 1;
end $$;

create function cluster_update_member(
  p_deployment_id text, p_address text, p_port integer, p_generation integer, p_status integer, p_suspect_times text,
  p_i_am_alive timestamptz, p_version integer)
returns integer language plpgsql as $$
begin
  perform 1 from cluster_member
    where deployment_id = p_deployment_id and address = p_address and port = p_port and generation = p_generation;
  if not found then
    return 0;
  end if;
  update cluster_version set version = version + 1, changed_at = now()
    where deployment_id = p_deployment_id and version = p_version;
  if not found then
    return 0;
  end if;
  update cluster_member set status = p_status, suspect_times = p_suspect_times, i_am_alive = p_i_am_alive
    where deployment_id = p_deployment_id and address = p_address and port = p_port and generation = p_generation;
  return 1;
end $$;

create view cluster_membership as
  select v.deployment_id as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
         m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes,
         m.start_time as StartTime, m.i_am_alive as IAmAliveTime, v.version as Version
  from cluster_version v left join cluster_member m using (deployment_id);

insert into OrleansQuery (QueryKey, QueryText) values
('GatewaysQueryKey',
 'select Address, ProxyPort, Generation from cluster_membership where DeploymentId = @DeploymentId and Status = @Status and ProxyPort > 0'),
-- The left join answers with the version alone when the silo has no row yet.
('MembershipReadRowKey',
 'select v.deployment_id as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
         m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes,
         m.start_time as StartTime, m.i_am_alive as IAmAliveTime, v.version as Version
  from cluster_version v left join cluster_member m
    on m.deployment_id = v.deployment_id and m.address = @Address and m.port = @Port and m.generation = @Generation
  where v.deployment_id = @DeploymentId'),
('MembershipReadAllKey', 'select * from cluster_membership where DeploymentId = @DeploymentId'),
('InsertMembershipVersionKey',
 'with inserted as (insert into cluster_version (deployment_id) values (@DeploymentId) on conflict do nothing returning 1)
  select count(*)::int from inserted'),
('InsertMembershipKey',
 'select cluster_insert_member(@DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime, @Version)'),
('UpdateMembershipKey',
 'select cluster_update_member(@DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime, @Version)'),
('UpdateIAmAlivetimeKey',
 'update cluster_member set i_am_alive = @IAmAliveTime
  where deployment_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation'),
('DeleteMembershipTableEntriesKey',
 'with members as (delete from cluster_member where deployment_id = @DeploymentId)
  delete from cluster_version where deployment_id = @DeploymentId'),
-- 3 is SiloStatus.Active in Orleans: a silo that may be alive is never swept away.
('CleanupDefunctSiloEntriesKey',
 'delete from cluster_member where deployment_id = @DeploymentId and i_am_alive < @IAmAliveTime and status <> 3');
