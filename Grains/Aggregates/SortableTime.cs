using System.Globalization;

namespace SoonShop.Aggregates;

/// <summary>Formats times for index fields: UTC with a fixed width, so that they sort as text.</summary>
public static class SortableTime
{
    /// <summary>Returns text such as <c>2026-03-01T09:30:00.0000000Z</c>.</summary>
    public static string Of(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
