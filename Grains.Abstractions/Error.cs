using SoonShop.Orders;

namespace SoonShop;

/// <summary>Why a command failed.</summary>
/// <param name="Code">A stable code of <see cref="ErrorCode"/>; over HTTP the last part of the problem's <c>type</c>.</param>
/// <param name="Detail">One sentence for the developer or customer; never a secret.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refusal")]
public sealed record Error(string Code, string Detail)
{
    /// <summary>The invalid fields with their messages, for <see cref="ErrorCode.ValidationFailed"/>.</summary>
    [Id(0)] public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The order that exists although the command failed: one that awaits another payment, or that was rejected.</summary>
    [Id(1)] public Guid? OrderId { get; init; }

    /// <summary>The unavailable lines, for <see cref="ErrorCode.OutOfStock"/>.</summary>
    [Id(2)] public ImmutableArray<Shortage>? Lines { get; init; }

    /// <summary>How long to wait before a retry, when a retry can help.</summary>
    [Id(3)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// The card network's or provider's reason, for <see cref="ErrorCode.PaymentDeclined"/>, such as <c>insufficient_funds</c>.
    /// </summary>
    [Id(4)] public string? DeclineCode { get; init; }

    /// <summary>The current price of the order, when it differs from the expected one.</summary>
    [Id(5)] public OrderQuote? Quote { get; init; }

    /// <summary>Creates the error for one invalid field.</summary>
    public static Error Invalid(string field, string message) =>
        Invalid(new Dictionary<string, string[]> { [field] = [message] });

    /// <summary>Creates the error for several invalid fields.</summary>
    public static Error Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new(ErrorCode.ValidationFailed, "One or more fields are wrong; see errors.") { Errors = errors };

    /// <summary>Creates the error for something that does not exist or that the caller may not see. Both look the same.</summary>
    public static Error NotFound(string what) => new(ErrorCode.NotFound, $"{what} was not found.");

    /// <summary>Creates the error for an outdated version in <c>If-Match</c>.</summary>
    public static Error PreconditionFailed() =>
        new(ErrorCode.PreconditionFailed, "It was changed meanwhile. Read it again and repeat the change with the new ETag.");
}

/// <summary>A line of an order with too little stock.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Requested">The requested units.</param>
/// <param name="Available">The units available at that time.</param>
[GenerateSerializer, Immutable, Alias("soonshop.shortage")]
public sealed record Shortage(string Sku, int Requested, int Available);

/// <summary>The problem codes of the HTTP contract.</summary>
public static class ErrorCode
{
    /// <summary>400: fields are missing or invalid.</summary>
    public const string ValidationFailed = "validation-failed";
    /// <summary>401: credentials are missing or invalid.</summary>
    public const string Unauthenticated = "unauthenticated";
    /// <summary>402: the card was declined; the order awaits another payment.</summary>
    public const string PaymentDeclined = "payment-declined";
    /// <summary>403: signed in, but not allowed.</summary>
    public const string Forbidden = "forbidden";
    /// <summary>404: it does not exist, or belongs to somebody else.</summary>
    public const string NotFound = "not-found";
    /// <summary>409: the current state does not allow it.</summary>
    public const string Conflict = "conflict";
    /// <summary>409: another account has the e-mail address.</summary>
    public const string EmailTaken = "email-taken";
    /// <summary>409: not enough stock.</summary>
    public const string OutOfStock = "out-of-stock";
    /// <summary>409: the order's status does not allow it.</summary>
    public const string InvalidOrderState = "invalid-order-state";
    /// <summary>409: the cart is empty.</summary>
    public const string CartEmpty = "cart-empty";
    /// <summary>412: <c>If-Match</c> has an outdated version.</summary>
    public const string PreconditionFailed = "precondition-failed";
    /// <summary>422: the <c>Idempotency-Key</c> was used with another request.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";
    /// <summary>429: too many attempts.</summary>
    public const string RateLimited = "rate-limited";
    /// <summary>503: try again.</summary>
    public const string Unavailable = "unavailable";
}
