using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Carts;

namespace SoonShop.Silo.Carts;

/// <summary>
/// Caches the keys of cart ids from the database. The cache reloads in the background, only when keys are requested, and requests do not
/// wait for it. That suffices because a new key does not sign until it is some minutes old.
/// </summary>
internal sealed partial class StoredCartIdKeys(NpgsqlDataSource database, TimeProvider time, ILogger<StoredCartIdKeys> log) : ICartIdKeys
{
    /// <summary>The age from which the keys are reloaded in the background.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>The age from which a request waits for the reload. It is below the age at which a new key starts to sign.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    /// <summary>The pause between two failed reads.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The time limit of a read.</summary>
    private static readonly TimeSpan MaxReading = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private volatile Known? known;
    private Task<CartIdKeys>? reading;
    private long? failedAt;

    public ValueTask<CartIdKeys> GetAsync()
    {
        if (known is not { } keys)
            return new(ReadOnce());
        var age = time.GetElapsedTime(keys.ReadAt);
        if (age < Fresh)
            return new(keys.Keys);
        var again = ReadOnce(keys.Keys);
        return age < Stale ? new(keys.Keys) : new(again);
    }

    /// <summary>Starts a read unless one is running. When it fails, the result is <paramref name="otherwise"/>.</summary>
    private Task<CartIdKeys> ReadOnce(CartIdKeys? otherwise = null)
    {
        lock (gate)
        {
            if (reading is { IsCompleted: false })
                return reading;
            if (otherwise is not null && failedAt is { } at && time.GetElapsedTime(at) < Pause)
                return Task.FromResult(otherwise);
            // Runs outside the scheduler of the grain that requests the keys.
            return reading = Task.Run(() => ReadAsync(otherwise));
        }
    }

    private async Task<CartIdKeys> ReadAsync(CartIdKeys? otherwise)
    {
        var began = time.GetTimestamp();
        try
        {
            using var patience = new CancellationTokenSource(MaxReading, time);
            await using var command = database.CreateCommand(
                "select key from cart_id_key order by made_at > now() - interval '10 minutes', number desc");
            await using var reader = await command.ExecuteReaderAsync(patience.Token);
            var keys = new List<byte[]>();
            while (await reader.ReadAsync(patience.Token))
                keys.Add(reader.GetFieldValue<byte[]>(0));
            var ring = new CartIdKeys(keys);
            known = new Known(ring, began);
            return ring;
        }
        catch (Exception e) when (otherwise is not null)
        {
            lock (gate)
                failedAt = time.GetTimestamp();
            LogNotRead(log, e.Message);
            return otherwise;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of cart ids could not be reloaded; the cached ones stay in use: {Reason}")]
    private static partial void LogNotRead(ILogger log, string reason);

    private sealed record Known(CartIdKeys Keys, long ReadAt);
}
