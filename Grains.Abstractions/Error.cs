using SoonShop.Orders;
using SoonShop.Pricing;

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

    /// <summary>The text of <see cref="Detail"/> with its key. Null from a silo of an earlier version: the error stays English.</summary>
    [Id(6)] public ErrorText? Text { get; init; }

    /// <summary>The texts of <see cref="Errors"/> with their keys. Empty from a silo of an earlier version.</summary>
    [Id(7)] public ImmutableArray<FieldError> FieldErrors { get; init; } = [];

    /// <summary>Translations of texts that the front end does not have, such as a payment provider's.</summary>
    [Id(8)] public ImmutableArray<Translation> Translations { get; init; } = [];

    /// <summary>The limit that refuses the use of a promotion.</summary>
    [Id(9)] public PromotionLimit? Limit { get; init; }

    /// <summary>Creates an error with a text that can be translated.</summary>
    public static Error Of(string code, ErrorText text) => new(code, text.English) { Text = text };

    /// <summary>Creates an error with a text without arguments.</summary>
    public static Error Of(string code, string key, string english) => Of(code, ErrorText.Of(key, english));

    /// <summary>Creates an error with a text whose arguments are the holes of an interpolated string.</summary>
    public static Error Of(string code, string key, ErrorTextBuilder english) => Of(code, ErrorText.Of(key, english));

    /// <summary>Creates the error for one invalid field.</summary>
    public static Error Invalid(string field, ErrorText text) => Invalid(new Dictionary<string, ErrorText[]> { [field] = [text] });

    /// <summary>Creates the error for one invalid field, with a text without arguments.</summary>
    public static Error Invalid(string field, string key, string english) => Invalid(field, ErrorText.Of(key, english));

    /// <summary>Creates the error for one invalid field, with a text whose arguments are the holes of an interpolated string.</summary>
    public static Error Invalid(string field, string key, ErrorTextBuilder english) => Invalid(field, ErrorText.Of(key, english));

    /// <summary>Creates the error for several invalid fields.</summary>
    public static Error Invalid(IReadOnlyDictionary<string, ErrorText[]> errors) =>
        Of(ErrorCode.ValidationFailed, "error.see-errors", "One or more fields are wrong; see errors.").WithFields(errors);

    /// <summary>Creates the error for something that does not exist or that the caller may not see. Both look the same.</summary>
    public static Error NotFound(string key, string english) => Of(ErrorCode.NotFound, key, english);

    /// <summary>Creates the same error with a text whose arguments are the holes of an interpolated string.</summary>
    public static Error NotFound(string key, ErrorTextBuilder english) => Of(ErrorCode.NotFound, key, english);

    /// <summary>Creates the error for an outdated version in <c>If-Match</c>.</summary>
    public static Error PreconditionFailed() => Of(
        ErrorCode.PreconditionFailed, "error.stale",
        "It was changed in the meantime. Read it again and repeat the change with the new ETag.");

    /// <summary>Returns the error with the time after which a retry may help.</summary>
    public Error WithRetryAfter(TimeSpan wait) => this with { RetryAfter = wait };

    /// <summary>Returns the error with the order that it is about.</summary>
    public Error WithOrder(Guid orderId) => this with { OrderId = orderId };

    /// <summary>Returns the error with the invalid fields or lines.</summary>
    public Error WithFields(IReadOnlyDictionary<string, ErrorText[]> errors) => this with
    {
        Errors = errors.ToDictionary(e => e.Key, e => Array.ConvertAll(e.Value, text => text.English)),
        FieldErrors = [.. errors.Select(e => new FieldError(e.Key, [.. e.Value]))],
    };
}

/// <summary>What is wrong with a field.</summary>
/// <param name="Field">Its name in the API, such as <c>price.amount</c>.</param>
/// <param name="Texts">Each fault of it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.field-error")]
public sealed record FieldError(string Field, ImmutableArray<ErrorText> Texts);

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
