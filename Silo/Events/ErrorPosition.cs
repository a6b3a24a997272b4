using System.Globalization;
using SoonShop.Events;
using SoonShop.Silo.Search;

namespace SoonShop.Silo.Events;

/// <summary>A failure's place in the order of time, then id, as text that sorts that way: what stores without SQL go by.</summary>
internal static class ErrorPosition
{
    private const int TimeDigits = 16;

    /// <summary>Such as <c>08de2a…</c>: the time's ticks, then the id.</summary>
    public static string Of(DateTimeOffset at, Guid id) => $"{Of(at)}{id:N}";

    /// <summary>The least place at a time.</summary>
    public static string Of(DateTimeOffset at) => at.UtcTicks.ToString($"x{TimeDigits}", CultureInfo.InvariantCulture);

    /// <summary>The id in a place.</summary>
    public static Guid IdOf(string position) => Guid.ParseExact(position.AsSpan(TimeDigits), "N");

    /// <summary>Reads where a page begins; false for a cursor that is none.</summary>
    public static bool TryRead(string? cursor, EventErrorFilter filter, out string? before)
    {
        before = null;
        if (cursor is null)
            return true;
        if (!Cursor.TryRead(cursor, ListOf(filter), 1, out var after) || after[0].Length != TimeDigits + 32 || !after[0].All(char.IsAsciiHexDigitLower))
            return false;
        before = after[0];
        return true;
    }

    /// <summary>The cursor behind a place.</summary>
    public static string CursorOf(EventErrorFilter filter, string position) => Cursor.Write(ListOf(filter), position);

    /// <summary>True when a failure matches.</summary>
    public static bool Matches(EventErrorFilter filter, EventError e) =>
        (filter.Type is null || filter.Type == e.Type)
        && (filter.Handler is null || filter.Handler == e.Handler)
        && (filter.EventType is null || filter.EventType == e.EventType)
        && (filter.Resolved is null || filter.Resolved == e.ResolvedAt is not null)
        && (filter.From is null || e.At >= filter.From)
        && (filter.To is null || e.At < filter.To);

    private static string ListOf(EventErrorFilter filter) => $"event-errors {filter}";
}
