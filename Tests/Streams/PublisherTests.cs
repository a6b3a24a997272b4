using Npgsql;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>What is published by <c>OnNextAsync</c>, on its way into the event table.</summary>
public sealed class PublisherTests : IAsyncLifetime
{
    private const string Provider = "publisher";
    private readonly Signal signal = new();
    private StreamDatabase database = null!;

    public async ValueTask InitializeAsync()
    {
        database = await StreamDatabase.CreateAsync();
        await database.QueryAsync<bool>($"select ensure_stream_queues('{Provider}', 4) is not null");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task who_publishes_is_answered_after_readers_were_woken()
    {
        await using var publisher = Publisher(new PostgresStreamOptions());
        await publisher.PublishAsync(Event("first")).InTimeAsync();
        Assert.Equal(1, signal.Raised);
    }

    [Fact]
    public async Task one_bad_event_fails_alone()
    {
        await using var publisher = Publisher(new PostgresStreamOptions());
        await publisher.PublishAsync(Event("there")).InTimeAsync();
        Task[] answers;
        await using (await LockAsync())
        {
            // The first waits for the table; the others wait for the first, and make up one statement.
            var first = publisher.PublishAsync(Event("a"));
            await IsWaitingAsync();
            answers = [first, .. ((string[])["b", "there", "c", "d"]).Select(id => publisher.PublishAsync(Event(id)))];
            Assert.Equal(4, publisher.Depth);
        }
        foreach (var i in (int[])[0, 1, 3, 4])
            await answers[i].InTimeAsync();
        Assert.Equal(
            PostgresErrorCodes.UniqueViolation, (await Assert.ThrowsAsync<PostgresException>(() => answers[2].InTimeAsync())).SqlState);
        Assert.Equal("there,a,b,c,d", await database.QueryAsync<string>("select string_agg(id, ',' order by position) from event"));
    }

    [Fact]
    public async Task who_waits_for_room_or_in_line_for_too_long_is_told_and_nothing_is_there()
    {
        await using var publisher = Publisher(
            new PostgresStreamOptions { PublishEvents = 1, MaxPublishing = 1, PublishPatience = TimeSpan.FromSeconds(3) });
        Task slow, inLine, withoutRoom;
        await using (await LockAsync())
        {
            slow = publisher.PublishAsync(Event("slow"));
            await IsWaitingAsync();
            inLine = publisher.PublishAsync(Event("in line"));
            withoutRoom = publisher.PublishAsync(Event("without room"));
            var told = await Assert.ThrowsAsync<TimeoutException>(() => withoutRoom.InTimeAsync());
            Assert.Contains("was not published", told.Message, StringComparison.Ordinal);
        }
        await slow.InTimeAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => inLine.InTimeAsync());
        Assert.Equal("slow", await database.QueryAsync<string>("select string_agg(id, ',') from event"));
    }

    private EventPublisher Publisher(PostgresStreamOptions options) =>
        new(new SoonShop.Orleans.PostgreSql.Streams.StreamDatabase(database.Source, Provider), signal, options);

    private static OutgoingEvent Event(string id) => new(id, "test", "test", "key", [1]);

    /// <summary>Nobody writes into the event table until this is disposed of.</summary>
    private async Task<NpgsqlConnection> LockAsync()
    {
        var connection = await database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; lock table event in exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private Task IsWaitingAsync() => Until.TrueAsync("a statement is under way", TimeSpan.FromSeconds(30), async () =>
        await database.QueryAsync<long>("select count(*) from pg_locks where not granted and relation = 'event'::regclass") == 1);

    private sealed class Signal : IEventSignal
    {
        public int Raised { get; private set; }

        public void Raise(ReadOnlySpan<int> queues) => Raised += queues.Length;
    }
}
