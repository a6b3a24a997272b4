using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Carts;

namespace SoonShop.Silo.Carts;

/// <summary>
/// Keeps the keys of the database in memory. It asks again now and then, but only while somebody wants them, and nobody waits for that: a new
/// key is some minutes old before it signs.
/// </summary>
internal sealed partial class StoredCartIdKeys(NpgsqlDataSource database, TimeProvider time, ILogger<StoredCartIdKeys> log) : ICartIdKeys
{
    /// <summary>After which they are read again.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>After which whoever wants them waits for the reading: less than the time before a key signs.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    /// <summary>Between two readings that fail.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Patience with the database.</summary>
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

    /// <summary>One reading at a time. It ends with <paramref name="otherwise"/> when it fails.</summary>
    private Task<CartIdKeys> ReadOnce(CartIdKeys? otherwise = null)
    {
        lock (gate)
        {
            if (reading is { IsCompleted: false })
                return reading;
            if (otherwise is not null && failedAt is { } at && time.GetElapsedTime(at) < Pause)
                return Task.FromResult(otherwise);
            // Not on the scheduler of the grain that happens to ask.
            return reading = Task.Run(() => ReadAsync(otherwise));
        }
    }

    private async Task<CartIdKeys> ReadAsync(CartIdKeys? otherwise)
    {
        var began = time.GetTimestamp();
        try
        {
            using var patience = new CancellationTokenSource(MaxReading, time);
            await using var command = database.CreateCommand("select key from cart_id_key order by made_at > now() - interval '10 minutes', number desc");
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of carts' ids could not be read again; those that are known serve on: {Reason}")]
    private static partial void LogNotRead(ILogger log, string reason);

    private sealed record Known(CartIdKeys Keys, long ReadAt);
}
