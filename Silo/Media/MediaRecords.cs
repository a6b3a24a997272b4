using System.Globalization;
using System.Text;
using Npgsql;
using SoonShop.Auditing;
using SoonShop.Media;
using SoonShop.Silo.Auditing;

namespace SoonShop.Silo.Media;

/// <summary>
/// The list of uploaded images in PostgreSQL. Uploads and removals are recorded in the audit log in the same transaction.
/// </summary>
internal sealed class MediaRecords(NpgsqlDataSource database) : IMediaRecords
{
    private const string Columns = "id, content_type, bytes, status, created_at, created_by";
    private const string List = "media";

    /// <summary>The most images that a front end gets at a time to delete their files.</summary>
    private const int MaxTaken = 100;

    /// <summary>How long a front end may take to delete the files of what it took.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>Longer than a product takes from the check of its images to its commit.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>A removal reads all products. It must end before its caller gives up.</summary>
    private const int ScanSeconds = 9;

    public async Task<Result<MediaItem>> BeginAsync(string id, string contentType, long bytes)
    {
        // Whoever uploads an image again wants to use it: it is kept from now on.
        await using var command = Command($"""
            insert into media (id, content_type, bytes, status, created_by) values ($1, $2, $3, 'storing', $4)
            on conflict (id) do update set
              unused_since = case when media.unused_since is null then null else clock_timestamp() end
            returning {Columns}
            """, id, contentType, bytes, Origin.Current.Actor);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var item = Read(reader);
        return item.Status == MediaStatus.Removing ? MediaErrors.Removing : item;
    }

    public async Task<Result<MediaItem>> CompleteAsync(string id)
    {
        if (await ChangeAsync(
            $"update media set status = 'stored' where id = $1 and status = 'storing' returning {Columns}", "media.create",
            item => new { item.ContentType, item.Bytes }, command => command.Parameters.Add(new() { Value = id })) is { } completed)
            return completed;
        var found = await FindAsync(id, CancellationToken.None);
        return found is null ? MediaErrors.Unknown(id) : found.Status == MediaStatus.Removing ? MediaErrors.Removing : found;
    }

    public async Task<Result<MediaItem>> GetAsync(string id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) is { Status: MediaStatus.Stored } item ? item : MediaErrors.Unknown(id);

    public async Task<Result<Page<MediaItem>>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        var after = "";
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, List, 2, out var place)
                || !long.TryParse(place[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
                || ticks > DateTime.MaxValue.Ticks)
                return Cursor.Bad;
            after = "and (created_at, id) < ($1, $2)";
            command.Parameters.Add(new() { Value = new DateTimeOffset(ticks, TimeSpan.Zero) });
            command.Parameters.Add(new() { Value = place[1] });
        }
        command.CommandText =
            $"select {Columns} from media where status = 'stored' {after} order by created_at desc, id desc limit {page.Limit + 1}";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<MediaItem>();
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
                return new Page<MediaItem>(items.ToImmutable(), Cursor.Write(List, $"{items[^1].CreatedAt.UtcTicks}", items[^1].Id));
            items.Add(Read(reader));
        }
        return new Page<MediaItem>(items.ToImmutable(), null);
    }

    public async Task<Result<Done>> RemoveAsync(string id)
    {
        // A product that is about to refer to the image locks its row first, or waits for this update and then does not find it.
        var removed = await ChangeAsync($"""
            update media set status = 'removing', taken_until = clock_timestamp() + $3
            where id = $1 and status = 'stored' and used_at < clock_timestamp() - $4
              and not exists (select from grain_state where state_name in ('product', 'product-group') and position($2 in state) > 0)
            returning {Columns}
            """, "media.remove", item => new { item.ContentType, item.Bytes }, command =>
            {
                command.CommandTimeout = ScanSeconds;
                foreach (var value in (object[])[id, Encoding.ASCII.GetBytes($"{MediaUrl.Root}{id}/"), Lease, Grace])
                    command.Parameters.Add(new() { Value = value });
            });
        if (removed is not null)
            return default(Done);
        return await FindAsync(id, CancellationToken.None) switch
        {
            { Status: MediaStatus.Stored } => MediaErrors.Used,
            { Status: MediaStatus.Removing } => default(Done),
            _ => MediaErrors.Unknown(id),
        };
    }

    public async Task<ImmutableArray<string>> TakeRemovingAsync()
    {
        await using var command = Command("""
            update media set taken_until = clock_timestamp() + $2
            where id in (
              select id from media where status = 'removing' and taken_until < clock_timestamp()
              order by taken_until limit $1 for update skip locked)
            returning id
            """, MaxTaken, Lease);
        return await ReadIdsAsync(command);
    }

    public async Task<Done> RemovedAsync(ImmutableArray<string> ids)
    {
        await using var command = Command("delete from media where id = any($1) and status = 'removing'", (object)ids.ToArray());
        await command.ExecuteNonQueryAsync();
        return default;
    }

    public async Task<ImmutableArray<string>> UseAsync(IReadOnlyCollection<string> ids)
    {
        // Locked in the order of the ids, so that two products do not wait for each other.
        await using var command = Command("""
            with wanted as (select id from media where id = any($1) and status = 'stored' order by id for update)
            update media m set used_at = clock_timestamp(), unused_since = null from wanted w where m.id = w.id returning m.id
            """, (object)ids.ToArray());
        return await ReadIdsAsync(command);
    }

    private async Task<MediaItem?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var command = Command($"select {Columns} from media where id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    /// <summary>Runs an update of one row and records it; null when there was nothing to update.</summary>
    private async Task<MediaItem?> ChangeAsync(
        string sql, string action, Func<MediaItem, object> details, Action<NpgsqlCommand> prepare)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        MediaItem item;
        await using (var command = new NpgsqlCommand(sql, connection, transaction))
        {
            prepare(command);
            await using var reader = await command.ExecuteReaderAsync();
            if (!await reader.ReadAsync())
                return null;
            item = Read(reader);
        }
        await using (var audit = new NpgsqlCommand("", connection, transaction))
        {
            AuditLog.WriteTo(audit, new AuditEvent(action, item.Id) { Details = details(item) }, Origin.Current);
            await audit.ExecuteNonQueryAsync();
        }
        await transaction.CommitAsync();
        return item;
    }

    private static async Task<ImmutableArray<string>> ReadIdsAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        var ids = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync())
            ids.Add(reader.GetString(0));
        return ids.ToImmutable();
    }

    private static MediaItem Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetInt64(2),
        Enum.Parse<MediaStatus>(reader.GetString(3), ignoreCase: true), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5));

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
