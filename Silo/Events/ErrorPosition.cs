using System.Globalization;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Orders failures by time, then id, as sortable text. Stores without SQL use it.</summary>
internal static class ErrorPosition
{
    private const int TimeDigits = 16;

    /// <summary>Returns the position as text such as <c>08de2a…</c>: the time's ticks, then the id.</summary>
    public static string Of(DateTimeOffset at, Guid id) => $"{Of(at)}{id:N}";

    /// <summary>Returns the lowest position at a time.</summary>
    public static string Of(DateTimeOffset at) => at.UtcTicks.ToString($"x{TimeDigits}", CultureInfo.InvariantCulture);

    /// <summary>Returns the id in a position.</summary>
    public static Guid IdOf(string position) => Guid.ParseExact(position.AsSpan(TimeDigits), "N");

    /// <summary>Reads where a page begins; false when the cursor is not valid.</summary>
    public static bool TryRead(string? cursor, EventErrorFilter filter, out string? before)
    {
        before = null;
        if (cursor is null)
            return true;
        if (!Cursor.TryRead(cursor, ListOf(filter), 1, out var after)
            || after[0].Length != TimeDigits + 32
            || !after[0].All(char.IsAsciiHexDigitLower))
            return false;
        before = after[0];
        return true;
    }

    /// <summary>Returns the cursor of the page after a position.</summary>
    public static string CursorOf(EventErrorFilter filter, string position) => Cursor.Write(ListOf(filter), position);

    /// <summary>True when a failure matches the filter.</summary>
    public static bool Matches(EventErrorFilter filter, EventError e) =>
        (filter.Type is null || filter.Type == e.Type)
        && (filter.Handler is null || filter.Handler == e.Handler)
        && (filter.EventType is null || filter.EventType == e.EventType)
        && (filter.Resolved is null || filter.Resolved == e.ResolvedAt is not null)
        && (filter.From is null || e.At >= filter.From)
        && (filter.To is null || e.At < filter.To);

    private static string ListOf(EventErrorFilter filter) => $"event-errors {filter}";
}
