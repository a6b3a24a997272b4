using SoonShop.Orders;

namespace SoonShop;

/// <summary>Why a command was refused.</summary>
/// <param name="Code">A stable word from <see cref="ErrorCode"/>; the last part of the problem's <c>type</c> over HTTP.</param>
/// <param name="Detail">One sentence for the developer or customer who reads it; never a secret.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refusal")]
public sealed record Error(string Code, string Detail)
{
    /// <summary>The wrong fields with what is wrong with each, for <see cref="ErrorCode.ValidationFailed"/>.</summary>
    [Id(0)] public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The order that stands although the command was refused: one that awaits another payment, or that was rejected.</summary>
    [Id(1)] public Guid? OrderId { get; init; }

    /// <summary>The lines that cannot be had, for <see cref="ErrorCode.OutOfStock"/>.</summary>
    [Id(2)] public ImmutableArray<Shortage>? Lines { get; init; }

    /// <summary>How long to wait before trying again, where waiting helps.</summary>
    [Id(3)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>The card network's or provider's reason, for <see cref="ErrorCode.PaymentDeclined"/>, such as <c>insufficient_funds</c>.</summary>
    [Id(4)] public string? DeclineCode { get; init; }

    /// <summary>What the order would cost now, where it was to cost something else.</summary>
    [Id(5)] public OrderQuote? Quote { get; init; }

    /// <summary>One wrong field.</summary>
    public static Error Invalid(string field, string message) =>
        Invalid(new Dictionary<string, string[]> { [field] = [message] });

    /// <summary>All wrong fields at once.</summary>
    public static Error Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new(ErrorCode.ValidationFailed, "One or more fields are wrong; see errors.") { Errors = errors };

    /// <summary>It does not exist, or it is not the caller's to see: both look alike.</summary>
    public static Error NotFound(string what) => new(ErrorCode.NotFound, $"{what} was not found.");

    /// <summary>The version named in <c>If-Match</c> is no longer the current one.</summary>
    public static Error PreconditionFailed() =>
        new(ErrorCode.PreconditionFailed, "It was changed meanwhile. Read it again and repeat the change with the new ETag.");
}

/// <summary>A line of an order that stock cannot fill.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Requested">Units asked for.</param>
/// <param name="Available">Units that could be had at that moment.</param>
[GenerateSerializer, Immutable, Alias("soonshop.shortage")]
public sealed record Shortage(string Sku, int Requested, int Available);

/// <summary>The problem codes of the HTTP contract.</summary>
public static class ErrorCode
{
    /// <summary>400: fields are missing or wrong.</summary>
    public const string ValidationFailed = "validation-failed";
    /// <summary>401: no or bad credentials.</summary>
    public const string Unauthenticated = "unauthenticated";
    /// <summary>402: the card was declined; the order awaits another payment.</summary>
    public const string PaymentDeclined = "payment-declined";
    /// <summary>403: signed in, but not allowed.</summary>
    public const string Forbidden = "forbidden";
    /// <summary>404: unknown, or someone else's.</summary>
    public const string NotFound = "not-found";
    /// <summary>409: the state of things does not allow it.</summary>
    public const string Conflict = "conflict";
    /// <summary>409: another account has the e-mail address.</summary>
    public const string EmailTaken = "email-taken";
    /// <summary>409: not enough stock.</summary>
    public const string OutOfStock = "out-of-stock";
    /// <summary>409: the order's status does not allow it.</summary>
    public const string InvalidOrderState = "invalid-order-state";
    /// <summary>409: there is nothing to order.</summary>
    public const string CartEmpty = "cart-empty";
    /// <summary>412: <c>If-Match</c> names an old version.</summary>
    public const string PreconditionFailed = "precondition-failed";
    /// <summary>422: the same <c>Idempotency-Key</c> came with another request.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";
    /// <summary>429: too many attempts.</summary>
    public const string RateLimited = "rate-limited";
    /// <summary>503: try again.</summary>
    public const string Unavailable = "unavailable";
}
