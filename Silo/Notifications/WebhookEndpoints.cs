using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

internal sealed class WebhookEndpoints(NpgsqlDataSource database, TimeProvider time) : IWebhookEndpoints
{
    /// <summary>The longest time that a list of endpoints is cached.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim reading = new(1);
    private Snapshot? known;

    public async Task<ImmutableArray<WebhookEndpoint>> ListAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select state from grain_state where state_name = 'webhook' and index is not null order by index ->> 'createdAt', grain_key "
                + "limit 1000");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var endpoints = ImmutableArray.CreateBuilder<WebhookEndpoint>();
        while (await reader.ReadAsync(cancellation))
            endpoints.Add(JsonSerializer.Deserialize<StateEnvelope<WebhookState>>(
                reader.GetFieldValue<byte[]>(0), StateJson.Options)!.State!.ToView());
        return endpoints.ToImmutable();
    }

    public async ValueTask<ImmutableArray<Guid>> WantingAsync(string eventType, CancellationToken cancellation)
    {
        var snapshot = Fresh ?? await ReadAsync(cancellation);
        if (snapshot.Endpoints.IsEmpty)
            return [];
        return [.. snapshot.Endpoints.Where(e => e.Enabled && e.Wants(eventType)).Select(e => e.Id)];
    }

    public Task AreKnownAsync() => Task.Delay(MaxAge, time);

    private Snapshot? Fresh => known is { } snapshot && time.GetElapsedTime(snapshot.ReadAt) < MaxAge ? snapshot : null;

    private async ValueTask<Snapshot> ReadAsync(CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            if (Fresh is { } snapshot)
                return snapshot;
            // The age counts from before the read.
            var now = time.GetTimestamp();
            return known = new Snapshot(await ListAsync(cancellation), now);
        }
        finally
        {
            reading.Release();
        }
    }

    private sealed record Snapshot(ImmutableArray<WebhookEndpoint> Endpoints, long ReadAt);
}
