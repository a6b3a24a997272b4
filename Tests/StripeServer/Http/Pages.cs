using System.Globalization;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Http;

/// <summary>Lists as the API pages them: the newest first (docs.stripe.com/api/pagination).</summary>
internal static class Pages
{
    /// <summary>What every list takes.</summary>
    public const string Rules = " limit:int starting_after:text ending_before:text created:time";

    private const int DefaultLimit = 10, MaxLimit = 100;

    /// <summary>One page.</summary>
    /// <param name="call">With limit, cursors and times.</param>
    /// <param name="url">The list's own.</param>
    /// <param name="oldestFirst">All that may be listed, as they were made.</param>
    /// <param name="filter">Which are wanted.</param>
    public static JsonObject Page<T>(Call call, string url, IReadOnlyList<T> oldestFirst, Func<T, bool> filter)
        where T : StripeObject =>
        Page(call, url, oldestFirst, filter, o => o.Id, o => o.Created, o => o.Render());

    /// <inheritdoc cref="Page{T}(Call, string, IReadOnlyList{T}, Func{T, bool})"/>
    public static JsonObject Page<T>(
        Call call, string url, IReadOnlyList<T> oldestFirst, Func<T, bool> filter, Func<T, string> id, Func<T, long> created,
        Func<T, JsonObject> render)
    {
        var limit = Limit(call);
        var after = call.Text("starting_after");
        var before = call.Text("ending_before");
        if (after is not null && before is not null)
            throw StripeError.Invalid("You cannot parameterize both starting_after and ending_before.", param: "ending_before");
        // Backwards from ending_before, the page is the nearest newer ones.
        var newestFirst = before is null;
        var cursor = after ?? before;
        var start = newestFirst ? oldestFirst.Count - 1 : 0;
        if (cursor is not null)
        {
            start = -1;
            for (var i = 0; i < oldestFirst.Count && start < 0; i++)
                start = id(oldestFirst[i]) == cursor ? i : -1;
            if (start < 0)
                throw StripeError.Missing("object", cursor, after is null ? "ending_before" : "starting_after", inUrl: false);
            start += newestFirst ? -1 : 1;
        }
        var isIn = Created(call);
        var found = new List<T>(limit + 1);
        for (var i = start; i >= 0 && i < oldestFirst.Count && found.Count <= limit; i += newestFirst ? -1 : 1)
        {
            if (isIn(created(oldestFirst[i])) && filter(oldestFirst[i]))
                found.Add(oldestFirst[i]);
        }
        var hasMore = found.Count > limit;
        var page = found.Take(limit);
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. (newestFirst ? page : page.Reverse()).Select(render)]),
            ["has_more"] = hasMore,
            ["url"] = url,
        };
    }

    /// <summary>How many a page holds at most.</summary>
    public static int Limit(Call call)
    {
        var limit = call.Number("limit") ?? DefaultLimit;
        if (limit < 1)
            throw StripeError.Invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "limit");
        if (limit > MaxLimit)
            throw StripeError.Invalid($"This value must be less than or equal to {MaxLimit}.", "parameter_invalid_integer", "limit");
        return (int)limit;
    }

    private static Func<long, bool> Created(Call call)
    {
        long min = call.Number("created[gte]") ?? long.MinValue, max = call.Number("created[lte]") ?? long.MaxValue;
        if (call.Number("created[gt]") is { } gt)
            min = Math.Max(min, gt + 1);
        if (call.Number("created[lt]") is { } lt)
            max = Math.Min(max, lt - 1);
        if (call.Form["created"] is { } exact)
            min = max = long.Parse(exact, CultureInfo.InvariantCulture);
        return created => created >= min && created <= max;
    }
}
