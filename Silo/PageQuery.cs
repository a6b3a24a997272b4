using Npgsql;
using SoonShop.Silo.Exports;

namespace SoonShop.Silo;

/// <summary>Builds the query for one page, ordered by a time and an id, newest first.</summary>
internal sealed class PageQuery(NpgsqlCommand command)
{
    private readonly List<string> conditions = [];

    /// <summary>The conditions.</summary>
    public string Where => conditions.Count == 0 ? "true" : string.Join(" and ", conditions);

    /// <summary>Adds a condition without a value.</summary>
    public void And(string condition) => conditions.Add(condition);

    /// <summary>Adds a condition with a value, unless the value is null. <c>{0}</c> is the placeholder for the value.</summary>
    public void And(string condition, object? value)
    {
        if (value is not null)
            conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, Parameter(value)));
    }

    /// <summary>Adds a parameter and returns its placeholder.</summary>
    public string Parameter(object value)
    {
        command.Parameters.Add(new() { Value = value });
        return $"${command.Parameters.Count}";
    }

    /// <summary>Starts the page after the cursor's row; false when the cursor does not belong to this list.</summary>
    public bool After(string? cursor, string list, string timeColumn)
    {
        if (cursor is null)
            return true;
        if (!Cursor.TryRead(cursor, list, 2, out var after)
            || !long.TryParse(after[0], out var ticks)
            || ticks < 0
            || ticks > DateTime.MaxValue.Ticks
            || !Guid.TryParse(after[1], out var id))
            return false;
        conditions.Add($"({timeColumn}, id) < ({Parameter(new DateTimeOffset(ticks, TimeSpan.Zero))}, {Parameter(id)})");
        return true;
    }

    /// <summary>
    /// Reads a page of states, newest first by <c>createdAt</c> in their index. Error: <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    /// <param name="table">The partition of the states.</param>
    /// <param name="list">Names the list with its filters: a cursor of another one is refused.</param>
    /// <param name="page">The page.</param>
    /// <param name="toView">Converts a state to what the list shows.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public async Task<Result<Page<TView>>> ReadStatesAsync<TState, TView>(
        string table, string list, PageRequest page, Func<TState, TView> toView, CancellationToken cancellation) where TState : class
    {
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, list, 2, out var after))
                return Cursor.Bad;
            And($"(index ->> 'createdAt', grain_key) < ({Parameter(after[0])}, {Parameter(after[1])})");
        }
        command.CommandText = $"""
            select state, index ->> 'createdAt', grain_key from {table} where {Where}
            order by index ->> 'createdAt' desc, grain_key desc limit {page.Limit + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<TView>();
        string? next = null, createdAt = null, grainKey = null;
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
            {
                next = Cursor.Write(list, createdAt!, grainKey!);
                break;
            }
            items.Add(toView(StateRows.State<TState>(reader, 0)!));
            (createdAt, grainKey) = (reader.GetString(1), reader.GetString(2));
        }
        return new Page<TView>(items.ToImmutable(), next);
    }

    /// <summary>Returns the cursor of a row.</summary>
    public static string CursorOf(string list, DateTimeOffset time, Guid id) =>
        Cursor.Write(list, $"{time.UtcTicks}", $"{id:N}");
}
