namespace SoonShop.Idempotency;

/// <summary>
/// Remembers the answer to one keyed request for a day, so that the same request gets the same answer. Keyed by a
/// digest of (caller, method, path, Idempotency-Key).
/// </summary>
[Alias("soonshop.idempotency")]
public interface IIdempotencyGrain : IGrainWithStringKey
{
    /// <summary>
    /// Asks to run the request. While another one with the same key runs, this waits for its answer, up to the run's
    /// lease; a run whose gateway died is given to the next who asks.
    /// </summary>
    /// <param name="fingerprint">Digest of what was asked; another one under the same key is a reuse.</param>
    /// <param name="run">Who asks: one that was given the run is given it again.</param>
    [Alias("begin"), Repeatable]
    Task<IdempotencyResult> BeginAsync(string fingerprint, Guid run);

    /// <summary>Keeps the answer of a run. Repeating it is harmless.</summary>
    [Alias("complete"), Repeatable]
    Task CompleteAsync(string fingerprint, StoredResponse answer);

    /// <summary>Gives a run up without an answer (it failed in a way worth repeating); the next who asks may run.</summary>
    [Alias("abandon"), Repeatable]
    Task AbandonAsync(string fingerprint);
}

/// <summary>What is to be done with a keyed request.</summary>
[Alias("soonshop.idempotent-verdict")]
public enum IdempotencyOutcome
{
    /// <summary>Run it, then complete or abandon.</summary>
    Run,
    /// <summary>It ran: give the kept answer again.</summary>
    Replay,
    /// <summary>The key was used for another request.</summary>
    Reused,
    /// <summary>The same request still runs after the wait; try later.</summary>
    InProgress,
}

/// <summary>A verdict, with the kept answer when there is one.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.idempotent-run")]
public sealed record IdempotencyResult(IdempotencyOutcome Verdict, StoredResponse? Answer = null);

/// <summary>An HTTP answer as it was given.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Headers">The headers worth repeating: content type, location, ETag.</param>
/// <param name="SealedBody">
/// The body, encrypted with a key that follows from the request itself: answers may hold tokens, and the database
/// alone must not give them away.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.kept-answer")]
public sealed record StoredResponse(int Status, IReadOnlyDictionary<string, string> Headers, byte[] SealedBody);
