using System.Diagnostics;
using Npgsql;

namespace SoonShop.Silo.RabbitMq;

/// <summary>How far events were sent, and which silo sends. Times are the database's.</summary>
internal sealed class PublisherCursor(NpgsqlDataSource database)
{
    /// <summary>Counting stops here; beyond it only the order of magnitude matters.</summary>
    private const int MaxCount = 100_000;

    /// <summary>
    /// Keeps unsent events for this long from now on. The first call sets the cursor a little in the past: no transaction that assigns
    /// positions runs that long.
    /// </summary>
    public async Task KeepAsync(TimeSpan keep, CancellationToken cancellation)
    {
        await using var command = Command("""
            update rabbitmq_cursor set keep_until = greatest(keep_until, clock_timestamp() + $1), position = coalesce(position, (
              select position from event where due_at is null and time < clock_timestamp() - interval '2 minutes'
              order by position desc limit 1), 0)
            """, keep);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Takes the lease, if no silo has it; null when another one has.</summary>
    public async Task<PublisherLease?> TryAcquireAsync(string owner, TimeSpan time, CancellationToken cancellation)
    {
        var asked = Stopwatch.GetTimestamp();
        await using var command = Command("""
            update rabbitmq_cursor set owner = $1, epoch = epoch + 1, leased_until = clock_timestamp() + $2
            where leased_until <= clock_timestamp() and position is not null returning epoch, position
            """, owner, time);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new PublisherLease(this, reader.GetInt64(0), reader.GetInt64(1), asked, time) : null;
    }

    /// <summary>Moves the cursor forward and prolongs the lease; false when another silo has taken the lease.</summary>
    public async Task<bool> AdvanceAsync(long epoch, long position, TimeSpan time, CancellationToken cancellation)
    {
        await using var command = Command("""
            update rabbitmq_cursor set position = greatest(position, $2), leased_until = clock_timestamp() + $3
            where epoch = $1 and owner is not null
            """, epoch, position, time);
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Gives the lease back, if this silo still has it, so that another one can take it at once.</summary>
    public async Task ReleaseAsync(long epoch, CancellationToken cancellation)
    {
        await using var command = Command("update rabbitmq_cursor set owner = null, leased_until = '-infinity' where epoch = $1", epoch);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>How many events are not sent, up to 100,000, and how long the oldest of them has been due.</summary>
    public async Task<(long Unsent, TimeSpan Lag)> LagAsync(CancellationToken cancellation)
    {
        await using var command = Command($"""
            select (select count(*) from (select 1 from event where position > c.position and due_at is null limit {MaxCount}) l),
                   greatest(interval '0', coalesce(clock_timestamp() - (
                     select coalesce(not_before, time) from event where position > c.position and due_at is null
                     order by position limit 1), interval '0'))
            from rabbitmq_cursor c
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetInt64(0), reader.GetFieldValue<TimeSpan>(1)) : default;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}

/// <summary>The right of this silo to send, until it ends or another silo has taken it over.</summary>
/// <param name="cursor">The row in the database.</param>
/// <param name="epoch">The fence.</param>
/// <param name="position">How far events were sent.</param>
/// <param name="askedAt">When the lease was asked for: it does not end before this plus its time.</param>
/// <param name="time">How long the lease lasts.</param>
internal sealed class PublisherLease(PublisherCursor cursor, long epoch, long position, long askedAt, TimeSpan time)
{
    private long renewedAt = askedAt;

    /// <summary>How far events were sent.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Stores the position, or prolongs the lease, if there is need: less than this much of it may be left.</summary>
    /// <exception cref="LeaseLostException">Another silo has taken the lease. Nothing was stored.</exception>
    public async Task AdvanceAsync(long to, TimeSpan needed, CancellationToken cancellation)
    {
        if (to <= Position && Stopwatch.GetElapsedTime(renewedAt) < time - needed)
            return;
        var asked = Stopwatch.GetTimestamp();
        if (!await cursor.AdvanceAsync(epoch, to, time, cancellation))
            throw new LeaseLostException();
        (Position, renewedAt) = (Math.Max(to, Position), asked);
    }

    /// <summary>Gives the lease back.</summary>
    public Task ReleaseAsync(CancellationToken cancellation) => cursor.ReleaseAsync(epoch, cancellation);
}

/// <summary>Another silo publishes now, because this one did not prolong its lease in time.</summary>
internal sealed class LeaseLostException() : Exception("another silo publishes now");
