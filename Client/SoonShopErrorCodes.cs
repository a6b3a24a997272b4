namespace SoonShop.Client;

/// <summary>
/// The values of <see cref="SoonShopException.Code"/>. <c>docs/problems.md</c> says what each one means and what to do. A newer shop may
/// have further ones.
/// </summary>
public static class SoonShopErrorCodes
{
    /// <summary>400: <see cref="SoonShopException.Errors"/> names each wrong field.</summary>
    public const string ValidationFailed = "validation-failed";

    /// <summary>401: no credentials, or credentials that are expired, revoked or wrong.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>402: the bank declined the payment. The order in <c>orderId</c> awaits another one: <c>PayOrderAsync</c>.</summary>
    public const string PaymentDeclined = "payment-declined";

    /// <summary>403: the role, or the scope of the API key, does not allow the call.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: it does not exist, or belongs to somebody else.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the path has no such method.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>406: the shop cannot answer in a format that is accepted.</summary>
    public const string NotAcceptable = "not-acceptable";

    /// <summary>408: the body did not arrive in time.</summary>
    public const string RequestTimeout = "request-timeout";

    /// <summary>409: the state of the resource does not allow the call. <c>quote</c> has the total if it is not the expected one.</summary>
    public const string Conflict = "conflict";

    /// <summary>409: another account has the e-mail address.</summary>
    public const string EmailTaken = "email-taken";

    /// <summary>409: <c>lines</c> names what stock cannot fill. Nothing was charged.</summary>
    public const string OutOfStock = "out-of-stock";

    /// <summary>409: the status of the order does not allow the call.</summary>
    public const string InvalidOrderState = "invalid-order-state";

    /// <summary>409: there is nothing to order.</summary>
    public const string CartEmpty = "cart-empty";

    /// <summary>412: somebody changed the resource since the version in <c>ifMatch</c>.</summary>
    public const string PreconditionFailed = "precondition-failed";

    /// <summary>413: the body is too large.</summary>
    public const string PayloadTooLarge = "payload-too-large";

    /// <summary>414: the query is too long.</summary>
    public const string UriTooLong = "uri-too-long";

    /// <summary>415: the media type of the body is not one that the operation takes.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>422: the idempotency key came before with another body.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";

    /// <summary>429: a rate limit is used up until <see cref="SoonShopException.RetryAfter"/>.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>431: the headers are too large.</summary>
    public const string HeadersTooLarge = "headers-too-large";

    /// <summary>500: a defect of the shop. Give <see cref="SoonShopException.TraceId"/> to its operator.</summary>
    public const string InternalError = "internal-error";

    /// <summary>503: the shop cannot answer now. It may have carried the call out.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>4xx without a code of its own.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>No status: the shop was not reached, or no answer came in time. It may have carried the call out.</summary>
    public const string NoAnswer = "no-answer";

    /// <summary>A success whose body this client cannot read; the shop did carry the call out.</summary>
    public const string UnreadableAnswer = "unreadable-answer";
}
