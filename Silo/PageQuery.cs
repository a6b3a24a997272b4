using Npgsql;

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

    /// <summary>Returns the cursor of a row.</summary>
    public static string CursorOf(string list, DateTimeOffset time, Guid id) =>
        Cursor.Write(list, $"{time.UtcTicks}", $"{id:N}");
}
