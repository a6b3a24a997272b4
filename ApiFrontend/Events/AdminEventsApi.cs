using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Events;

namespace SoonShop.ApiFrontend.Events;

/// <summary>Events, their failures and dead letters, for administrators.</summary>
internal static class AdminEventsApi
{
    /// <summary>One week. Metrics are stored for longer, but one request reads at most this period.</summary>
    private const int MaxWindowMinutes = 7 * 24 * 60;

    public static void MapAdminEvents(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("").WithTags("Admin: events").ForAdministrators("events");
        admin.MapGet("/events/stats", GetStatsAsync).WithName("getEventStats").WithSummary("Get event statistics of the cluster");
        admin.MapGet("/event-errors", ListErrorsAsync)
            .WithName("listEventErrors").WithSummary("List failed attempts of event handlers, newest first");
        admin.MapPost("/event-errors/{id:guid}/resolve", ResolveErrorAsync)
            .WithName("resolveEventError").WithSummary("Resolve a failed attempt");
        admin.MapGet("/dead-letters", ListDeadLettersAsync)
            .WithName("listDeadLetters").WithSummary("List or group dead letters, newest first");
        admin.MapGet("/dead-letters/{id:guid}", GetDeadLetterAsync)
            .WithName("getDeadLetter").WithSummary("Get a dead letter with its data and attempts");
        admin.MapPost("/dead-letters/{id:guid}/replay", ReplayAsync).WithName("replayDeadLetter").WithSummary("Replay a dead letter");
        admin.MapPost("/dead-letters/replay", ReplayManyAsync)
            .WithName("replayDeadLetters").WithSummary("Replay all open dead letters that match a filter");
        admin.MapDelete("/dead-letters/{id:guid}", DiscardAsync)
            .WithName("discardDeadLetter").WithSummary("Discard a dead letter").ProducesProblems(ErrorCode.Conflict);
    }

    private static IEventAdminGrain Events(IClusterClient cluster) => cluster.GetGrain<IEventAdminGrain>(0);

    private static async Task<Ok<EventStats>> GetStatsAsync(IClusterClient cluster, [NumberRange(1, MaxWindowMinutes)] int window = 60) =>
        TypedResults.Ok(await Events(cluster).GetStatsAsync(window));

    private static async Task<Results<Ok<Page<EventError>>, Problem>> ListErrorsAsync(
        IClusterClient cluster, [EnumValue<ErrorClass>] string? type, [TextLength(200), CleanText] string? handler,
        [TextLength(200), CleanText] string? eventType,
        bool? resolved, [StartTime] string? from, [EndTime] string? to, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Events(cluster).ListErrorsAsync(
            new EventErrorFilter(EnumQuery.Read<ErrorClass>(type), handler, eventType, resolved, Times.ReadStart(from), Times.ReadEnd(to)),
            new PageRequest(limit, cursor))).Ok();

    private static async Task<Results<Ok<EventError>, Problem>> ResolveErrorAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await Events(cluster).ResolveErrorAsync(id, context.Actor())).Ok();

    private static async Task<Results<Ok<DeadLetterPage>, Problem>> ListDeadLettersAsync(
        IClusterClient cluster, [EnumValue<ErrorClass>] string? type, [TextLength(200), CleanText] string? handler,
        [TextLength(200), CleanText] string? eventType,
        bool? resolved, [StartTime] string? from, [EndTime] string? to, [TextLength(16), CleanText] string? fingerprint,
        [EnumValue<DeadLetterGrouping>] string? groupBy, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit)
    {
        var filter = new EventErrorFilter(
            EnumQuery.Read<ErrorClass>(type), handler, eventType, resolved, Times.ReadStart(from), Times.ReadEnd(to), fingerprint);
        return EnumQuery.Read<DeadLetterGrouping>(groupBy) is { } by
            ? TypedResults.Ok(new DeadLetterPage(null, await Events(cluster).GroupDeadLettersAsync(filter, by), null))
            : (await Events(cluster).ListDeadLettersAsync(filter, new PageRequest(limit, cursor))).Ok(
                p => new DeadLetterPage(p.Items, null, p.NextCursor));
    }

    private static async Task<Results<Ok<DeadLetterDetails>, Problem>> GetDeadLetterAsync(Guid id, IClusterClient cluster) =>
        (await Events(cluster).GetDeadLetterAsync(id)).Ok();

    private static async Task<Results<Ok<DeadLetter>, Problem>> ReplayAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await Events(cluster).ReplayAsync(id, context.Actor())).Ok();

    private static async Task<Ok<ReplayResponse>> ReplayManyAsync(ReplayRequest body, HttpContext context, IClusterClient cluster) =>
        TypedResults.Ok(await Events(cluster).ReplayAsync(
            new EventErrorFilter(EnumQuery.Read<ErrorClass>(body.Type), body.Handler, body.EventType, null, Times.ReadStart(body.From),
                Times.ReadEnd(body.To), body.Fingerprint), context.Actor()));

    private static async Task<Results<Ok<DeadLetter>, Problem>> DiscardAsync(
        Guid id, HttpContext context, IClusterClient cluster, [TextLength(500), CleanText] string? reason)
    {
        if (!string.IsNullOrWhiteSpace(reason))
            return (await Events(cluster).DiscardAsync(id, reason, context.Actor())).Ok();
        // A dead letter that does not exist needs no reason.
        return new Problem((await Events(cluster).GetDeadLetterAsync(id)).Error ?? Error.Invalid("reason", "field.missing", "is required"));
    }
}

/// <summary>Dead letters, or groups of them.</summary>
internal sealed record DeadLetterPage(ImmutableArray<DeadLetter>? Items, ImmutableArray<DeadLetterGroup>? Groups, string? NextCursor);

/// <summary>A filter for the dead letters to replay; an empty object matches all.</summary>
public sealed record ReplayRequest(
    [property: EnumValue<ErrorClass>] string? Type,
    [property: TextLength(200), CleanText] string? Handler,
    [property: TextLength(200), CleanText] string? EventType,
    [property: TextLength(16), CleanText] string? Fingerprint,
    [property: StartTime] string? From,
    [property: EndTime] string? To);
