namespace SoonShop.Idempotency;

/// <summary>
/// Stores the response to one request with an Idempotency-Key for a day, so that a repeated request gets the same response. Keyed by a
/// digest of (caller, method, path, Idempotency-Key).
/// </summary>
[Alias("soonshop.idempotency")]
public interface IIdempotencyGrain : IGrainWithStringKey
{
    /// <summary>
    /// Requests permission to run the request. While another request with the same key runs, this waits for its response, up to the lease.
    /// If that request's gateway has died, the next caller may run.
    /// </summary>
    /// <param name="fingerprint">A digest of the request. Another one with the same key is a reuse.</param>
    /// <param name="run">The caller's id: a caller that may run gets the permission again.</param>
    [Alias("begin"), Repeatable]
    Task<IdempotencyResult> BeginAsync(string fingerprint, Guid run);

    /// <summary>Stores the response of a run. Idempotent.</summary>
    [Alias("complete"), Repeatable]
    Task CompleteAsync(string fingerprint, StoredResponse answer);

    /// <summary>Ends a run without a response, because it failed and can be retried. The next caller may run.</summary>
    [Alias("abandon"), Repeatable]
    Task AbandonAsync(string fingerprint);
}

/// <summary>What to do with a request that has an Idempotency-Key.</summary>
[Alias("soonshop.idempotent-verdict")]
public enum IdempotencyOutcome
{
    /// <summary>Run it, then complete or abandon it.</summary>
    Run,
    /// <summary>It has run: return the stored response.</summary>
    Replay,
    /// <summary>The key was used for another request.</summary>
    Reused,
    /// <summary>The same request is still running after the wait; retry later.</summary>
    InProgress,
}

/// <summary>The outcome, with the stored response if there is one.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.idempotent-run")]
public sealed record IdempotencyResult(IdempotencyOutcome Verdict, StoredResponse? Answer = null);

/// <summary>A stored HTTP response.</summary>
/// <param name="Status">The HTTP status code.</param>
/// <param name="Headers">The headers to repeat: content type, location, ETag.</param>
/// <param name="SealedBody">
/// The body, encrypted with a key derived from the request itself. Responses may contain tokens, and access to the database alone must not
/// reveal them.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.kept-answer")]
public sealed record StoredResponse(int Status, IReadOnlyDictionary<string, string> Headers, byte[] SealedBody);
