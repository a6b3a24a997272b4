using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Inventory;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>What many grains' writes have to do with each other when they go in one statement: nothing.</summary>
[Collection(nameof(StorageProviders))]
public sealed class GroupCommitTests(StorageProviders silo)
{
    private const string Name = "cart";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly StateTables NoTables = new(new Dictionary<string, string>());

    [Fact]
    public async Task what_waits_goes_in_one_transaction()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(50);
        await InOneBatchAsync(storage, [.. ids.Select(id => (Func<Task>)(() => WriteAsync(storage, id, new Note("x"))))]);
        Assert.Equal(1L, await silo.QueryAsync<long>(
            "select count(distinct xmin::text) from grain_state where grain_key = any ($1)", [Keys(ids)]));
    }

    [Fact]
    public async Task a_conflict_is_its_own_callers_alone_and_tells_both_etags()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(20);
        foreach (var id in ids)
            await WriteAsync(storage, id, new Note("first"));
        // One is stale, one is new to its writer, one never was.
        await WriteAsync(storage, ids[3], new Note("second"), "1");
        var never = NewIds(1)[0];
        var outcomes = await InOneBatchAsync(storage,
        [
            .. ids.Select((id, n) => (Func<Task>)(() => WriteAsync(storage, id, new Note("third"), n == 5 ? null : "1"))),
            () => WriteAsync(storage, never, new Note("x"), "9"),
        ]);

        Assert.Equal([3, 5, 20], outcomes.Index().Where(o => o.Item is not null).Select(o => o.Index));
        Assert.Equal(("2", "1"), ETags(outcomes[3]));
        Assert.Equal(("1", null), ETags(outcomes[5]));
        Assert.Equal((null, "9"), ETags(outcomes[20]));
        Assert.Equal(18L, await silo.QueryAsync<long>(
            "select count(*) from grain_state where grain_key = any ($1) and version = 2 and position(convert_to('third', 'UTF8') in "
                + "state) > 0", [Keys(ids)]));
    }

    [Fact]
    public async Task a_batch_touches_its_own_rows_alone_in_a_table_that_grew_after_its_statements_were_planned()
    {
        const string Filler = "insert into grain_state_payment (state_name, grain_key, version, state) select 'payment', 'filler/' || i, "
            + "1, '' from generate_series";
        await using var storage = await silo.StartAsync();
        var ids = NewIds(5);
        var round = 0;
        await RunAsync("truncate grain_state_payment");
        await UpdateAsync();
        await RunAsync("analyze grain_state_payment");
        await UpdateAsync();
        await RunAsync($"{Filler}(1, 30000) i");
        try
        {
            var read = await CountAsync("idx_tup_read");
            var rounds = 0;
            // A connection reports what it read once a second.
            await Until.TrueAsync("what was read is counted", Limit, async () =>
            {
                await UpdateAsync();
                rounds++;
                return await CountAsync("idx_tup_read") > read;
            });
            Assert.InRange(await CountAsync("idx_tup_read") - read, 1, rounds * 100);
        }
        finally
        {
            await RunAsync("delete from grain_state_payment where grain_key like 'filler/%'");
        }

        async Task UpdateAsync()
        {
            var etag = round == 0 ? null : $"{round}";
            round++;
            var outcomes = await InOneBatchAsync(storage, [.. ids.Select(id => (Func<Task>)(() =>
                storage.WriteStateAsync("payment", id, new GrainState<Note>(new Note("x"), etag) { RecordExists = etag is not null })))]);
            Assert.All(outcomes, Assert.Null);
            await Task.WhenAll(ids.Select(id => storage.ReadStateAsync("payment", id, new GrainState<Note>())));
        }

        async Task RunAsync(string sql)
        {
            await using var command = silo.Database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        async Task<long> CountAsync(string counter) => await silo.QueryAsync<long>(
            $"select {counter} from pg_stat_user_indexes where indexrelname = 'grain_state_payment_pkey'");
    }

    public static TheoryData<string, string> BadRows => new()
    {
        { "an event that is there already", PostgresErrorCodes.UniqueViolation },
        { "a stock operation that is there already", PostgresErrorCodes.UniqueViolation },
        { "an index value that somebody else has", PostgresErrorCodes.UniqueViolation },
        { "a movement that oversells", PostgresErrorCodes.CheckViolation },
        { "a text that PostgreSQL cannot hold", PostgresErrorCodes.UntranslatableCharacter },
    };

    [Theory, MemberData(nameof(BadRows))]
    public async Task a_bad_row_fails_alone(string what, string sqlState)
    {
        await using var storage = await silo.StartAsync();
        var (email, operation, eventId) = ($"{Guid.NewGuid():N}@example.com", Movement(), $"{Guid.NewGuid():N}#1");
        await storage.WriteStateAsync("user", NewIds(1)[0], new GrainState<StateEnvelope<Note>>(new StateEnvelope<Note>
        {
            State = new Note("here first"),
            Index = new Account { Email = email },
            Events = [Event(eventId, 1)],
            Ledger = [operation],
        }));
        var bad = what switch
        {
            "an event that is there already" => Document([Event(eventId, 1)], []),
            "a stock operation that is there already" => Document([], [operation with { Sequence = 2 }]),
            "an index value that somebody else has" => WithEmail(email),
            "a movement that oversells" => Document([], [Movement() with { ReservedAfter = 9 }]),
            _ => WithEmail("a\0b"),
        };
        var ids = NewIds(30);
        var outcomes = await InOneBatchAsync(storage,
        [
            .. ids.Select((id, n) => (Func<Task>)(() => storage.WriteStateAsync("user", id, new GrainState<StateEnvelope<Note>>(
                n == 17 ? bad : Document([Event($"{id}#1", 1)], [Movement()]))))),
        ]);

        Assert.Equal([17], outcomes.Index().Where(o => o.Item is not null).Select(o => o.Index));
        Assert.Equal(sqlState, Assert.IsType<PostgresException>(outcomes[17]).SqlState);
        Assert.Equal(29L, await silo.QueryAsync<long>("select count(*) from grain_state where grain_key = any ($1)", [Keys(ids)]));
        Assert.Equal(29L, await silo.QueryAsync<long>("select count(*) from event where id = any ($1)", [EventIds(ids)]));
    }

    [Fact]
    public async Task a_state_that_cannot_be_serialized_fails_before_it_gets_in_line()
    {
        await using var storage = await silo.StartAsync(o => o.GrainStorageSerializer = new Refusing());
        var document = WriteAsync(storage, NewIds(1)[0], new StateEnvelope<Note> { State = new Note("x") });
        await Assert.ThrowsAsync<NotSupportedException>(() => WriteAsync(storage, NewIds(1)[0], new Note("x")));
        await document;
    }

    [Fact]
    public async Task a_text_that_is_no_unicode_fails_alone()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(10);
        var outcomes = await InOneBatchAsync(storage,
        [
            .. ids.Select((id, n) => (Func<Task>)(() => storage.WriteStateAsync(Name, id, new GrainState<StateEnvelope<Note>>(
                Document([Event($"{id}#1", 1) with { Subject = n == 4 ? "\ud800" : "x" }], []))))),
        ]);
        Assert.Equal([4], outcomes.Index().Where(o => o.Item is not null).Select(o => o.Index));
    }

    [Fact]
    public async Task a_row_that_somebody_holds_fails_alone()
    {
        await using var storage = await silo.StartAsync(o => o.LockTimeout = TimeSpan.FromMilliseconds(200));
        var ids = NewIds(10);
        foreach (var id in ids)
            await WriteAsync(storage, id, new Note("first"));
        await using var holder = await HoldAsync(ids[6]);
        var outcomes = await Task.WhenAll(ids.Select(id => OutcomeAsync(() => WriteAsync(storage, id, new Note("second"), "1"))));
        Assert.Equal([6], outcomes.Index().Where(o => o.Item is not null).Select(o => o.Index));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(outcomes[6]).SqlState);
    }

    [Fact]
    public async Task a_table_that_somebody_holds_does_not_hold_up_the_writer_row_by_row()
    {
        await using var storage = await silo.StartAsync(
            o => (o.CommandTimeout, o.LockTimeout) = (TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(300)));
        var ids = NewIds(40);
        await using (var holder = await HoldAsync(ids[0]))
        {
            await using var command = new NpgsqlCommand("lock table grain_state_cart in share mode", holder);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var outcomes = await Task.WhenAll(ids.Select(id => OutcomeAsync(() => WriteAsync(storage, id, new Note("x"))))).InTimeAsync();
            Assert.All(outcomes, o =>
                Assert.True(
                    o is StorageFailedException { OutcomeUnknown: false }
                        or PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable },
                    $"{o}"));
            Assert.Contains(outcomes, o => o is StorageFailedException);
        }
        await Task.WhenAll(ids.Select(id => WriteAsync(storage, id, new Note("x"))));
    }

    [Fact]
    public async Task writes_of_one_grain_stay_in_order()
    {
        await using var storage = await silo.StartAsync();
        var id = NewIds(1)[0];
        // Each is sent before the one before it is answered; only the right order lets all of them pass.
        var outcomes = await InOneBatchAsync(
            storage, [.. Enumerable.Range(0, 20).Select(n =>
                (Func<Task>)(() => WriteAsync(storage, id, new Note($"{n}"), n == 0 ? null : $"{n}")))]);
        Assert.All(outcomes, Assert.Null);
        Assert.Equal("19", (await ReadAsync(storage, id)).State!.Text);
    }

    [Fact]
    public async Task a_connection_lost_in_the_middle_leaves_every_write_done_once_or_reported_and_the_storage_recovers()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(20);
        foreach (var id in ids)
            await WriteAsync(storage, id, new Note("first"));
        Exception?[] outcomes;
        await using (await HoldAsync(ids[10]))
        {
            var writes = Task.WhenAll(ids.Select(id => OutcomeAsync(() => storage.WriteStateAsync(
                Name, id, new GrainState<StateEnvelope<Note>>(Document([Event($"{id}#1", 1)], []), "1")))));
            var pid = await WriterThatWaitsAsync();
            await silo.QueryAsync<bool>("select pg_terminate_backend($1)", pid);
            outcomes = await writes.InTimeAsync();
        }

        Assert.Contains(outcomes, o => o is StorageFailedException { OutcomeUnknown: true });
        Assert.All(outcomes, o => Assert.True(o is null or StorageFailedException { OutcomeUnknown: true }, $"{o}"));
        for (var n = 0; n < ids.Length; n++)
        {
            var now = await ReadAsync(storage, ids[n]);
            var events = await silo.QueryAsync<long>("select count(*) from event where id = $1", $"{ids[n]}#1");
            // Done once, or not at all; and done when the caller was told so.
            Assert.Contains((now.ETag, events), ((string?, long)[])[("1", 0L), ("2", 1L)]);
            Assert.True(outcomes[n] is not null || events == 1);
            await WriteAsync(storage, ids[n], new Note("afterwards"), now.ETag);
        }
    }

    [Fact]
    public async Task a_write_after_an_idle_time_in_which_the_server_closed_the_connection_is_done()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(10);
        for (var n = 0; n < ids.Length; n++)
        {
            await WriteAsync(storage, ids[n], new Note($"{n}"));
            // As after a restart: no sooner does a server accept connections again.
            await Task.Delay(TimeSpan.FromMilliseconds(150), TestContext.Current.CancellationToken);
            Assert.True(await silo.QueryAsync<long>(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and state = 'idle' and "
                    + "query like '%write_grain_states%'") > 0);
        }
        // What was in the pool is as dead.
        silo.Database.Clear();
        Assert.Equal(
            ids.Select((_, n) => $"{n}"), (await Task.WhenAll(ids.Select(id => ReadAsync(storage, id)))).Select(s => s.State!.Text));
    }

    [Fact]
    public async Task a_batch_that_takes_too_long_is_reported_as_unknown_and_the_storage_goes_on()
    {
        await using var storage = await silo.StartAsync(o => (o.CommandTimeout, o.LockTimeout) = (TimeSpan.FromSeconds(4), Limit));
        var id = NewIds(1)[0];
        await WriteAsync(storage, id, new Note("first"));
        await using (await HoldAsync(id))
        {
            var outcome = await OutcomeAsync(() => WriteAsync(storage, id, new Note("second"), "1")).InTimeAsync();
            Assert.True(Assert.IsType<StorageFailedException>(outcome).OutcomeUnknown);
        }
        Assert.Equal("1", (await ReadAsync(storage, id)).ETag);
        await WriteAsync(storage, id, new Note("third"), "1");
    }

    [Fact]
    public async Task a_database_out_of_reach_is_reported_as_such()
    {
        await using var nowhere = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(silo.ConnectionString) { Database = "not_there" });
        await using var connection = new BatchConnection(nowhere, Limit, Limit);
        using var metrics = new StorageMetrics("none", () => 0);
        await using var group = new GroupCommitWriter(
            connection, new WriteStatements("shop", NoTables), null, metrics, NullLogger.Instance);
        var write = new PendingWrite(new StateKey(Name, "x"), 0, StateParts.None);
        await group.WriteAsync([write], CancellationToken.None);
        Assert.False((await Assert.ThrowsAsync<StorageFailedException>(() => write.Task)).OutcomeUnknown);

        await using var reader = new GroupReader(nowhere, Limit, Limit, NoTables, NullLogger.Instance);
        var read = new PendingRead(new StateKey(Name, "x"));
        await reader.ReadAsync([read], CancellationToken.None);
        await Assert.ThrowsAsync<StorageFailedException>(() => read.Task);
    }

    [Fact]
    public async Task reads_survive_the_loss_of_the_connection_that_they_share()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(20);
        await Task.WhenAll(ids.Select(id => WriteAsync(storage, id, new Note($"{id}"))));
        await ReadAsync(storage, ids[0]);
        Assert.True(await silo.QueryAsync<long>(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and state = 'idle' and query "
                + "like '%read_grain_states%'") > 0);
        var states = await Task.WhenAll(ids.Select(id => ReadAsync(storage, id))).InTimeAsync();
        Assert.Equal(ids.Select(id => $"{id}"), states.Select(s => s.State!.Text));
    }

    [Fact]
    public async Task a_full_queue_makes_callers_wait_and_then_says_so()
    {
        await using var storage = await silo.StartAsync(o => (o.MaxQueuedWrites, o.MaxQueueTime) = (2, TimeSpan.FromSeconds(2)));
        var held = NewIds(1)[0];
        await WriteAsync(storage, held, new Note("first"));
        await using var holder = await HoldAsync(held);
        var stuck = OutcomeAsync(() => WriteAsync(storage, held, new Note("second"), "1"));
        await WriterThatWaitsAsync();
        var outcomes = NewIds(5).Select(id => OutcomeAsync(() => WriteAsync(storage, id, new Note("x")))).ToArray();
        // Two are in line; the others hear of it while the batch still hangs.
        await Until.TrueAsync("three are refused", Limit, () => Task.FromResult(outcomes.Count(o => o.IsCompleted) == 3));
        foreach (var outcome in outcomes.Where(o => o.IsCompleted))
            Assert.Contains("does not keep up", Assert.IsType<StorageFailedException>(await outcome).Message, StringComparison.Ordinal);
        await holder.DisposeAsync();
        Assert.Null(await stuck);
        await Task.WhenAll(outcomes).InTimeAsync();
    }

    [Fact]
    public async Task a_caller_that_gives_up_while_in_line_writes_nothing()
    {
        await using var storage = await silo.StartAsync();
        var (held, given) = (NewIds(1)[0], NewIds(1)[0]);
        await WriteAsync(storage, held, new Note("first"));
        using var patience = new CancellationTokenSource();
        Task<Exception?> stuck, waiting;
        await using (await HoldAsync(held))
        {
            stuck = OutcomeAsync(() => WriteAsync(storage, held, new Note("second"), "1"));
            await WriterThatWaitsAsync();
            waiting = OutcomeAsync(() => storage.WriteStateAsync(Name, given, new GrainState<Note>(new Note("x")), patience.Token));
            await patience.CancelAsync();
            Assert.IsType<OperationCanceledException>(await waiting.InTimeAsync(), exactMatch: false);
        }
        Assert.Null(await stuck);
        await WriteAsync(storage, NewIds(1)[0], new Note("behind it in line"));
        Assert.False((await ReadAsync(storage, given)).RecordExists);
    }

    [Fact]
    public async Task stopping_writes_what_waits_and_refuses_what_comes_later()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(100);
        var writes = ids.Select(id => WriteAsync(storage, id, new Note("x"))).ToArray();
        await storage.StopAsync(CancellationToken.None);
        await Task.WhenAll(writes).InTimeAsync();
        var late = await Assert.ThrowsAsync<StorageFailedException>(() => WriteAsync(storage, NewIds(1)[0], new Note("late")));
        Assert.False(late.OutcomeUnknown);
    }

    [Fact]
    public async Task stopping_leaves_nobody_waiting_though_the_database_hangs()
    {
        await using var storage = await silo.StartAsync(o => o.DrainTimeout = TimeSpan.FromMilliseconds(200));
        var held = NewIds(1)[0];
        await WriteAsync(storage, held, new Note("first"));
        await using var holder = await HoldAsync(held);
        var stuck = OutcomeAsync(() => WriteAsync(storage, held, new Note("second"), "1"));
        await WriterThatWaitsAsync();
        var waiting = OutcomeAsync(() => WriteAsync(storage, NewIds(1)[0], new Note("x")));
        await storage.StopAsync(CancellationToken.None).InTimeAsync();
        Assert.True(Assert.IsType<StorageFailedException>(await stuck.InTimeAsync()).OutcomeUnknown);
        Assert.False(Assert.IsType<StorageFailedException>(await waiting.InTimeAsync()).OutcomeUnknown);
    }

    [Fact]
    public async Task queues_are_signalled_once_their_events_are_committed()
    {
        var signal = new Signal();
        await using var storage = await silo.StartAsync(signal: signal);
        var ids = NewIds(20);
        await Task.WhenAll(ids.Select(id => storage.WriteStateAsync(
            Name, id, new GrainState<StateEnvelope<Note>>(Document([Event($"{id}#1", 1) with { StreamKey = $"{id}" }], [])))));
        var queues = await silo.QueryAsync<int[]>(
            "select array_agg(distinct queue order by queue) from event where id = any ($1)", [EventIds(ids)]);
        Assert.Equal(queues, signal.Queues.Distinct().Order());
        signal.Queues.Clear();
        var later = NewIds(1)[0];
        await storage.WriteStateAsync(
            Name, later, new GrainState<StateEnvelope<Note>>(
                Document([Event($"{later}#1", 1) with { NotBefore = DateTimeOffset.UtcNow.AddHours(1) }], [])));
        await WriteAsync(storage, NewIds(1)[0], new Note("without events"));
        Assert.Empty(signal.Queues);
    }

    [Fact]
    public async Task events_for_a_stream_provider_that_is_not_there_are_refused()
    {
        await using var storage = await silo.StartAsync(o => o.StreamProvider = "nobody's");
        var id = NewIds(1)[0];
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            storage.WriteStateAsync(Name, id, new GrainState<StateEnvelope<Note>>(Document([Event($"{id}#1", 1)], []))));
        Assert.Contains("nobody's", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task events_go_to_the_queues_that_there_are_when_their_number_has_changed()
    {
        var provider = $"provider {Guid.NewGuid():N}";
        await using var storage = await silo.StartAsync(o => o.StreamProvider = provider);
        var ids = NewIds(30);
        foreach (var (queues, some) in (IEnumerable<(int, GrainId[])>)[(2, ids[..10]), (5, ids[10..20]), (3, ids[20..])])
        {
            await silo.QueryAsync<string>("select ensure_stream_queues($1, $2)::text", provider, queues);
            foreach (var id in some)
                await storage.WriteStateAsync(
                    Name, id, new GrainState<StateEnvelope<Note>>(Document([Event($"{id}#1", 1) with { StreamKey = $"{id}" }], [])));
            Assert.Equal((long)some.Length, await silo.QueryAsync<long>(
                "select count(*) from event where id = any ($1) and queue = stream_queue_of($2, stream_namespace, stream_key)",
                EventIds(some), provider));
        }
    }

    [Fact]
    public async Task states_of_other_names_are_written_beside_the_shops()
    {
        await using var storage = await silo.StartAsync();
        var ids = NewIds(40);
        string[] names = ["cart", "somebody's \"own\"", "order-notes", "user"];
        for (var version = 0; version < 3; version++)
        {
            var etag = version == 0 ? null : $"{version}";
            var outcomes = await InOneBatchAsync(storage,
            [
                .. ids.Select((id, n) => (Func<Task>)(() => storage.WriteStateAsync(
                    names[n % names.Length], id, new GrainState<Note>(new Note($"{n}"), n == 7 && version == 2 ? "1" : etag)))),
            ]);
            Assert.Equal(version == 2 ? [7] : [], outcomes.Index().Where(o => o.Item is not null).Select(o => o.Index));
        }
        Assert.Equal(
            39L, await silo.QueryAsync<long>("select count(*) from grain_state where grain_key = any ($1) and version = 3", [Keys(ids)]));
    }

    [Fact]
    public async Task a_connection_that_is_given_up_has_no_settings_left()
    {
        const string Settings = "select string_agg(name, ',') from pg_settings where source = 'session' and name in ('lock_timeout', "
            + "'plan_cache_mode', 'enable_seqscan')";
        await using var one = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(silo.ConnectionString) { MaxPoolSize = 1, NoResetOnClose = true });
        await using (var connection = new BatchConnection(one, Limit, Limit))
        {
            await using var command = new NpgsqlCommand(Settings, await connection.OpenAsync(TestContext.Current.CancellationToken));
            Assert.NotEqual(DBNull.Value, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        }
        await using var next = one.CreateCommand(Settings);
        Assert.Equal(DBNull.Value, await next.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task a_storage_that_deletes_on_clear_leaves_no_row()
    {
        await using var storage = await silo.StartAsync(o => o.DeleteStateOnClear = true);
        var id = NewIds(1)[0];
        var state = new GrainState<Note>(new Note("x"));
        await storage.WriteStateAsync(Name, id, state);
        var stale = await ReadAsync(storage, id);
        await storage.WriteStateAsync(Name, id, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync(Name, id, stale));
        await storage.ClearStateAsync(Name, id, state);
        Assert.Equal((false, null, new Note()), (state.RecordExists, state.ETag, state.State));
        Assert.Equal(0L, await silo.QueryAsync<long>("select count(*) from grain_state where grain_key = $1", $"{id.Key}"));
        await storage.ClearStateAsync(Name, id, state);
        await storage.WriteStateAsync(Name, id, state);
        Assert.Equal("1", state.ETag);
    }

    /// <summary>Holds the writer up with a row of its own until all of these are in line; answers how each ended, null for well.</summary>
    private async Task<Exception?[]> InOneBatchAsync(PostgresGrainStorage storage, Func<Task>[] writes)
    {
        var held = NewIds(1)[0];
        await WriteAsync(storage, held, new Note("first"));
        Task<Exception?> first;
        Task<Exception?[]> rest;
        await using (await HoldAsync(held))
        {
            first = OutcomeAsync(() => WriteAsync(storage, held, new Note("second"), "1"));
            await WriterThatWaitsAsync();
            rest = Task.WhenAll(writes.Select(OutcomeAsync));
        }
        Assert.Null(await first.InTimeAsync());
        return await rest.InTimeAsync();
    }

    /// <summary>Holds a row as another transaction would, until disposed of.</summary>
    private async Task<NpgsqlConnection> HoldAsync(GrainId id)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(silo.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("select from grain_state where grain_key = $1 for update", connection)
        { Parameters = { new() { Value = $"{id.Key}" } } };
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until a writer waits for a row; answers its process id.</summary>
    private async Task<int> WriterThatWaitsAsync()
    {
        int[] pids = [];
        await Until.TrueAsync("a writer waits for the row that is held", Limit, async () => (pids = await silo.QueryAsync<int[]>(
            "select coalesce(array_agg(pid), '{}') from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
                + "and query like '%write_grain_states%'")).Length > 0);
        return Assert.Single(pids);
    }

    private static async Task<Exception?> OutcomeAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static (string?, string?) ETags(Exception? outcome) =>
        Assert.IsType<InconsistentStateException>(outcome) is var e ? (e.StoredEtag, e.CurrentEtag) : default;

    private static GrainId[] NewIds(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => GrainId.Create("cart", Guid.NewGuid().ToString("N")))];

    private static string[] EventIds(GrainId[] ids) => ids.Select(id => $"{id}#1").ToArray();

    private static string[] Keys(GrainId[] ids) => ids.Select(id => $"{id.Key}").ToArray();

    private static Task WriteAsync<T>(PostgresGrainStorage storage, GrainId id, T value, string? etag = null) =>
        storage.WriteStateAsync(Name, id, new GrainState<T>(value, etag) { RecordExists = etag is not null });

    private static async Task<GrainState<Note>> ReadAsync(PostgresGrainStorage storage, GrainId id)
    {
        var state = new GrainState<Note>();
        await storage.ReadStateAsync(Name, id, state);
        return state;
    }

    private static StateEnvelope<Note> Document(EventEnvelope[] events, LedgerRow[] ledger) =>
        new() { State = new Note("x"), Events = events, Ledger = ledger };

    private static StateEnvelope<Note> WithEmail(string email) => new() { State = new Note("x"), Index = new Account { Email = email } };

    private static EventEnvelope Event(string id, long sequence) => new(
        id, id.Split('#')[0], sequence, "inventory.out-of-stock", "x", "cart", "x", DateTimeOffset.UtcNow, null, null, null, null,
        new InventoryOutOfStock("X"));

    private static LedgerRow Movement() =>
        new($"SKU-{Guid.NewGuid():N}", 1, "order/reserve", DateTimeOffset.UtcNow, "Reservation", 1, 5, 2, null);

    private sealed class Account
    {
        public required string Email { get; init; }
    }

    private sealed class Signal : IEventSignal
    {
        public ConcurrentBag<int> Queues { get; } = [];

        public void Raise(ReadOnlySpan<int> queues)
        {
            foreach (var queue in queues)
                Queues.Add(queue);
        }
    }

    private sealed class Refusing : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => throw new NotSupportedException("Not this one.");

        public T Deserialize<T>(BinaryData input) => throw new NotSupportedException("Not this one.");
    }
}
