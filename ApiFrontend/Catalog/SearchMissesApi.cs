using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>Searches without results, for administrators.</summary>
internal static class SearchMissesApi
{
    /// <summary>The tag of the search's administration.</summary>
    public const string Tag = "Admin: search";

    public static void MapAdminSearchMisses(this IEndpointRouteBuilder admin) => admin.MapGet("/search/misses", ListAsync)
        .WithTags(Tag).ForAdministrators("catalog")
        .WithName("listSearchMisses").WithSummary("List searches without results, the most frequent first");

    private static async Task<Results<Ok<Page<SearchMiss>>, Problem>> ListAsync(
        IClusterClient cluster, [StartTime] string? from, [EndTime] string? to, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<ISearchMissesGrain>(WorkerKeys.Next()).ListAsync(
            new SearchMissPeriod(DayOf(Times.ReadStart(from)), DayOf(LastMoment(Times.ReadEnd(to)))),
            new PageRequest(limit, cursor))).Ok();

    /// <summary>Returns the moment before an end.</summary>
    private static DateTimeOffset? LastMoment(DateTimeOffset? end) => end > DateTimeOffset.MinValue ? end.Value.AddTicks(-1) : end;

    private static DateOnly? DayOf(DateTimeOffset? time) => time is { } t ? DateOnly.FromDateTime(t.UtcDateTime) : null;
}
