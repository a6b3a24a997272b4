using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using Orleans.Storage;
using Orleans.Streams;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;
using SoonShop.Tests.Streams;
using StreamDatabase = SoonShop.Tests.Streams.StreamDatabase;

namespace SoonShop.Tests.Storage;

/// <summary>A silo that knows nothing of the shop commits states together with events and with rows of a table of its own.</summary>
public sealed class StateFormatTests : IAsyncLifetime
{
    private static readonly GrainId Account = GrainId.Create("account", "savings");
    private StreamDatabase database = null!;

    public async ValueTask InitializeAsync()
    {
        database = await StreamDatabase.CreateAsync();
        await using var command = database.Source.CreateCommand("""
            create table booking (id text primary key, amount bigint not null check (amount <> 0), reference text);
            create table grain_state_account partition of grain_state for values in ('account')
            """);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task a_state_its_index_its_events_and_its_rows_are_committed_at_once_and_the_events_are_delivered(int count)
    {
        await using var silo = await StartAsync();
        var received = new ConcurrentQueue<CommittedEvent>();
        await silo.Streams.GetStream<CommittedEvent>("booked", "savings").SubscribeAsync((e, _) =>
        {
            received.Enqueue(e);
            return Task.CompletedTask;
        });
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("accounts");
        var state = new GrainState<AccountState>(
            new AccountState { Bookings = [.. Enumerable.Range(1, count).Select(n => new Booking($"b{n}", n, null))] });
        await storage.WriteStateAsync("account", Account, state, TestContext.Current.CancellationToken);
        await Until.TrueAsync("all events arrive", TimeSpan.FromSeconds(30), () => Task.FromResult(received.Count >= count));
        Assert.Equal(
            Enumerable.Range(1, count).Select(n => ($"b{n}", $"{n}")), received.Select(
                e => (e.Id, JsonSerializer.Deserialize<string>(e.Data)!)));
        Assert.Equal(
            $"{count * (count + 1) / 2} of {count}", await database.QueryAsync<string>(
                "select sum(amount) || ' of ' || count(*) from booking where reference is null"));
        Assert.Equal($"{count}", await database.QueryAsync<string>("select index ->> 'bookings' from grain_state_account"));

        var read = new GrainState<AccountState>();
        await storage.ReadStateAsync("account", Account, read, TestContext.Current.CancellationToken);
        Assert.Equal((count, "1"), (read.State!.Bookings.Count, read.ETag));
    }

    [Fact]
    public async Task a_row_that_the_database_refuses_fails_the_whole_write_with_its_own_error()
    {
        await using var silo = await StartAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("accounts");
        var state = new GrainState<AccountState>(new AccountState { Bookings = [new("b1", 1, "first")] });
        await storage.WriteStateAsync("account", Account, state, TestContext.Current.CancellationToken);
        // The first is there already, which its primary key tells as a conflict of versions does.
        foreach (var (booking, sqlState) in new[]
        {
            (new Booking("b1", 2, null), PostgresErrorCodes.UniqueViolation),
            (new Booking("b2", 0, null), PostgresErrorCodes.CheckViolation),
        })
        {
            state.State = new AccountState { Bookings = [booking], Events = false };
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => storage.WriteStateAsync("account", Account, state, TestContext.Current.CancellationToken));
            Assert.Equal(sqlState, refused.SqlState);
        }
        Assert.Equal(
            "1 1", await database.QueryAsync<string>("select version || ' ' || (select count(*) from booking) from grain_state_account"));
    }

    private Task<StreamSilo> StartAsync() => StreamSilo.StartAsync(database, silo: silo => silo.AddPostgresGrainStorage("accounts", o =>
    {
        o.ConnectionString = database.ConnectionString;
        o.StateFormat = new Format();
        o.StreamProvider = StreamSilo.Provider;
        o.Partitions.Add("account", "grain_state_account");
    }));

    private sealed record Booking(string Id, long Amount, string? Reference);

    private sealed class AccountState
    {
        public List<Booking> Bookings { get; set; } = [];

        public bool Events { get; set; } = true;
    }

    private sealed class Format : IStateFormat
    {
        private static readonly RowTable<Booking> Bookings = new RowTable<Booking>("booking")
            .With("id", NpgsqlDbType.Text, b => b.Id)
            .With("amount", NpgsqlDbType.Bigint, b => b.Amount)
            .With("reference", NpgsqlDbType.Text, b => b.Reference);

        public bool Converts<T>() => typeof(T) == typeof(AccountState);

        public StateParts Write<T>(T state)
        {
            var account = (AccountState)(object)state!;
            return new StateParts(
                JsonSerializer.SerializeToUtf8Bytes(account), JsonSerializer.SerializeToUtf8Bytes(
                    new { bookings = account.Bookings.Count }),
                account.Events ? [.. account.Bookings.Select(Event)] : [], [.. account.Bookings.Select(Bookings.Row)]);
        }

        public T? Read<T>(byte[] state) => JsonSerializer.Deserialize<T>(state);

        private static CommittedEvent Event(Booking b, int n) => new(
            b.Id, "/account/savings", n + 1, "booked", b.Id, "booked", "savings", DateTimeOffset.UtcNow, null, null, null, null,
            JsonSerializer.SerializeToUtf8Bytes($"{b.Amount}"));
    }
}
