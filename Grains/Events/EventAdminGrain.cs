using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Concurrency;
using SoonShop.Auditing;
using SoonShop.Privacy;

namespace SoonShop.Events;

// One activation per silo, so that a cancellation finds its call.
[StatelessWorker(1), Reentrant]
internal sealed class EventAdminGrain(
    IEventMetricsStore metrics, IErrorStore failures, IDeadLetters letters, IAuditLog audit, PersonalData personal)
    : Grain, IEventAdminGrain
{
    Task<EventStats> IEventAdminGrain.GetStatsAsync(int windowMinutes, CancellationToken cancellation) =>
        metrics.ReadAsync(windowMinutes, cancellation);

    Task<Result<Page<EventError>>> IEventAdminGrain.ListErrorsAsync(
        EventErrorFilter filter, PageRequest page, CancellationToken cancellation) =>
        failures.ListAsync(filter, page, cancellation);

    async Task<Result<EventError>> IEventAdminGrain.ResolveErrorAsync(Guid id, string actor)
    {
        if (await failures.ResolveAsync(id, actor, CancellationToken.None) is not { } error)
            return Error.NotFound("not-found.failure", $"The failure {id} was not found.");
        await audit.AddAsync(
            new AuditEvent("event-errors.resolve", id.ToString()) { Actor = actor, Details = new { error.EventId, error.Handler } },
            CancellationToken.None);
        return error;
    }

    Task<Result<Page<DeadLetter>>> IEventAdminGrain.ListDeadLettersAsync(
        EventErrorFilter filter, PageRequest page, CancellationToken cancellation) =>
        letters.ListAsync(filter, page, cancellation);

    Task<ImmutableArray<DeadLetterGroup>> IEventAdminGrain.GroupDeadLettersAsync(
        EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation) =>
        letters.GroupAsync(filter, by, cancellation);

    async Task<Result<DeadLetterDetails>> IEventAdminGrain.GetDeadLetterAsync(Guid id, CancellationToken cancellation) =>
        await letters.FindAsync(id, cancellation) is { } found ? WithoutSecrets(found) : Error.NotFound(
            "not-found.dead-letter", $"The dead letter {id} was not found.");

    Task<Result<DeadLetter>> IEventAdminGrain.ReplayAsync(Guid id, string actor) => letters.ReplayAsync(id, actor, CancellationToken.None);

    Task<ReplayResponse> IEventAdminGrain.ReplayAsync(EventErrorFilter filter, string actor) =>
        letters.ReplayAsync(filter, actor, CancellationToken.None);

    /// <summary>Removes mailed tokens: anyone who may read dead letters could otherwise act for the token's owner.</summary>
    private DeadLetterDetails WithoutSecrets(DeadLetterDetails letter)
    {
        try
        {
            return letter.DataIsText && personal.Knows(letter.Letter.EventType) && JsonNode.Parse(letter.Data) is { } data
                ? letter with { Data = personal.EraseSecrets(letter.Letter.EventType, data).ToJsonString() }
                : letter;
        }
        catch (JsonException)
        {
            return letter;
        }
    }

    Task<Result<DeadLetter>> IEventAdminGrain.DiscardAsync(Guid id, string reason, string actor) =>
        letters.DiscardAsync(id, reason, actor, CancellationToken.None);
}
