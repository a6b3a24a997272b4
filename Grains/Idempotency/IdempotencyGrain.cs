using Orleans.Concurrency;
using SoonShop.Aggregates;

namespace SoonShop.Idempotency;

/// <summary>A request with its stored response.</summary>
/// <param name="Fingerprint">The fingerprint of the request.</param>
/// <param name="Answer">The response.</param>
/// <param name="KeptAt">When it was stored. It is removed a day later.</param>
public sealed record IdempotencyRecord(string Fingerprint, StoredResponse Answer, DateTimeOffset KeptAt)
{
    /// <summary>How long responses are stored. Stripe stores them at least as long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
}

/// <remarks>
/// Only the response is written. A running request is remembered in memory. If this silo dies, the request runs again, and the commands
/// that it sends recognize the repetition by their operation ids.
/// </remarks>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
internal sealed class IdempotencyGrain(
    [PersistentState("idempotency")] IPersistentState<StateEnvelope<IdempotencyRecord>> storage, TimeProvider time)
    : AggregateGrain<IdempotencyRecord>(storage, time), IIdempotencyGrain
{
    /// <summary>How long a request may run before a repeated one may run.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How long a repeated request waits for the first one's response.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(8);

    private Running? running;

    protected override string Aggregate => "idempotency";

    protected override string StreamKeyOf(IdempotencyRecord state) => GrainKey;

    async Task<IdempotencyResult> IIdempotencyGrain.BeginAsync(string fingerprint, Guid run)
    {
        var deadline = Now + MaxWait;
        while (true)
        {
            if (State is { } kept && kept.KeptAt + IdempotencyRecord.Lifetime > Now)
            {
                return kept.Fingerprint == fingerprint
                    ? new IdempotencyResult(IdempotencyOutcome.Replay, kept.Answer)
                    : new IdempotencyResult(IdempotencyOutcome.Reused);
            }
            if (running is { } mine && mine.Id == run && mine.Fingerprint == fingerprint)
                return new IdempotencyResult(IdempotencyOutcome.Run);
            if (running is not { } other || other.Until <= Now)
            {
                running = new Running(run, fingerprint, Now + Lease);
                return new IdempotencyResult(IdempotencyOutcome.Run);
            }
            if (other.Fingerprint != fingerprint)
                return new IdempotencyResult(IdempotencyOutcome.Reused);
            var left = deadline - Now;
            if (left <= TimeSpan.Zero)
                return new IdempotencyResult(IdempotencyOutcome.InProgress);
            try
            {
                await other.Ended.Task.WaitAsync(left, Time);
            }
            catch (TimeoutException)
            {
                return new IdempotencyResult(IdempotencyOutcome.InProgress);
            }
        }
    }

    /// <summary>The write of a response, running or completed.</summary>
    private Task? keeping;

    async Task IIdempotencyGrain.CompleteAsync(string fingerprint, StoredResponse answer)
    {
        try
        {
            // The gateway retries when it gets no response; the first call may still be writing.
            if (keeping is { IsCompleted: false })
                await keeping;
            else if (State is not { } kept || kept.KeptAt + IdempotencyRecord.Lifetime <= Now)
                await (keeping = CommitAsync(new IdempotencyRecord(fingerprint, answer, Now), []));
        }
        finally
        {
            End(fingerprint);
        }
    }

    Task IIdempotencyGrain.AbandonAsync(string fingerprint)
    {
        End(fingerprint);
        return Task.CompletedTask;
    }

    private void End(string fingerprint)
    {
        if (running is not { } run || run.Fingerprint != fingerprint)
            return;
        running = null;
        run.Ended.TrySetResult();
    }

    private sealed record Running(Guid Id, string Fingerprint, DateTimeOffset Until)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
