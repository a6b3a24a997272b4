namespace SoonShop.ApiFrontend.Http;

/// <summary>The problems of the HTTP contract: the status of each code, and the code of a status without one.</summary>
internal static class ProblemCodes
{
    public const string MethodNotAllowed = "method-not-allowed";
    public const string NotAcceptable = "not-acceptable";
    public const string RequestTimeout = "request-timeout";
    public const string PayloadTooLarge = "payload-too-large";
    public const string UnsupportedMediaType = "unsupported-media-type";
    private const string UriTooLong = "uri-too-long";
    private const string HeadersTooLarge = "headers-too-large";
    public const string Internal = "internal-error";

    /// <summary>What a client is told of a bug.</summary>
    public static readonly ErrorText InternalText = ErrorText.Of(
        "about.internal-error", "The shop has a defect. Its log has the error under traceId.");

    /// <summary>All codes with their texts. If several have the same status, the first is the default for that status.</summary>
    private static readonly ProblemCode[] Table =
    [
        new(ErrorCode.ValidationFailed, 400,
            "Fields of the body, the query or the headers are missing, unknown or wrong. `errors` names every one of them, with "
            + "what is wrong.",
            "Correct the fields that `errors` names and send the request again. The same `Idempotency-Key` may be used again."),
        new(ErrorCode.Unauthenticated, 401,
            "The request carries no credentials, or credentials that are expired, revoked or wrong.",
            "Exchange the refresh token for a new access token (`POST /auth/refresh`), or sign in again. After a failed login, ask "
            + "for the password again."),
        new(ErrorCode.PaymentDeclined, 402,
            "The bank declined the payment. The order awaits another payment until its `paymentDeadline`, with its stock "
            + "reserved. `orderId` names the order, `declineCode` the bank's reason.",
            "Ask the customer for another payment method and send it to `POST /orders/{id}/payments`. Do not place a second "
            + "order."),
        new(ErrorCode.Forbidden, 403,
            "The caller is known, but the role or the scope of the API key does not allow the request.",
            "Use an account with the role `admin`, or an API key with the scope that the operation names. Repeating the request "
            + "does not help."),
        new(ErrorCode.NotFound, 404,
            "The resource does not exist, or it belongs to somebody else. The response is the same in both cases, so that ids cannot "
            + "be probed.",
            "Check the id, and whose credentials the request carries. A guest needs `X-Cart-Id` of the cart that the order came "
            + "from, or a mailed link to the order (`POST /orders/lookup`)."),
        new(MethodNotAllowed, 405,
            "The path has no such method. The header `Allow` lists those that it has.",
            "Use one of the methods in `Allow`."),
        new(NotAcceptable, 406,
            "The start page `/` is HTML or JSON, and the header `Accept` allows neither.",
            "Accept `text/html` or `application/json`, or leave `Accept` out."),
        new(RequestTimeout, 408,
            "The headers did not arrive within `Http:HeaderSeconds`, the body did not arrive within `Http:BodySeconds` (images: "
            + "`Media:UploadSeconds`), or the body came slower than `Http:MinBytesPerSecond`. For late headers, the response has no body.",
            "Send the request again over a better connection, with the same `Idempotency-Key`."),
        new(ErrorCode.Conflict, 409,
            "The state of the resource does not allow the request; `detail` says why. At checkout, `quote` holds the current "
            + "prices if the total differs from `expectedTotal`, and `errors` names the lines of the cart that changed.",
            "With `Retry-After`, another request is in progress: send the same request again after that time. Otherwise read the "
            + "resource again, show it to the user, and send the user's new decision with a new `Idempotency-Key`."),
        new(ErrorCode.EmailTaken, 409,
            "Another account has the e-mail address.",
            "Offer the user to sign in, or to set a new password (`POST /auth/password/forgot`)."),
        new(ErrorCode.OutOfStock, 409,
            "Stock cannot fill the order. `lines` names each line that is short: `sku`, `requested`, `available`. The order in "
            + "`orderId` is `rejected`; nothing was charged, and the cart is unchanged.",
            "Set the cart's lines to what is available (`PUT /cart/items/{sku}`; 0 removes a line), show the cart to the "
            + "customer, and place the order again with a new `Idempotency-Key`."),
        new(ErrorCode.InvalidOrderState, 409,
            "The order's status does not allow the operation, for example to cancel an order that is shipped, or to pay one whose "
            + "deadline is over.",
            "Read the order (`GET /orders/{id}`) and offer what its status allows."),
        new(ErrorCode.CartEmpty, 409,
            "The cart has no lines, so there is nothing to order.",
            "Put products in the cart before the checkout. If the cart was just bought, show its order (`GET /orders`)."),
        new(ErrorCode.PreconditionFailed, 412,
            "`If-Match` names a version that is not the current one: somebody changed the resource meanwhile.",
            "Read the resource again, apply the change to that version, and send it with the new `ETag`."),
        new(PayloadTooLarge, 413,
            "The body is larger than `Http:MaxRequestBytes` (images: `Media:MaxBytes`, CSV files: `Imports:MaxFileBytes`).",
            "Send a smaller body."),
        new(UriTooLong, 414,
            "The request line (method, path and query) is longer than `Http:MaxRequestLineBytes`.",
            "Shorten the query. The response has no body."),
        new(UnsupportedMediaType, 415,
            "The operation does not accept this `Content-Type` or charset. Bodies are JSON in UTF-8, except uploads of CSV files and "
            + "images.",
            "Send `Content-Type: application/json`, or the type that the operation names, such as `text/csv`. `PATCH "
            + "/products/{sku}` also accepts `application/merge-patch+json`."),
        new(ErrorCode.IdempotencyKeyReused, 422,
            "The same `Idempotency-Key` was used before with another body or query.",
            "Use a new key for a new request. Send the unchanged request to get the first response again."),
        new(ErrorCode.RateLimited, 429,
            "The caller has used up a rate limit. `RateLimit-Policy` and `RateLimit` describe the limits, `Retry-After` the time "
            + "to wait.",
            "Wait for the seconds in `Retry-After`, then send the same request."),
        new(HeadersTooLarge, 431,
            "The headers are larger than `Http:MaxHeaderBytes`, or more than `Http:MaxHeaders`.",
            "Send fewer or shorter headers. The response has no body."),
        new(Internal, 500,
            "The shop has a defect. Its log has the error under the `traceId` of the response.",
            "Repeat a `POST` only with the same `Idempotency-Key`. Report the `traceId` to the operator."),
        new(ErrorCode.Unavailable, 503,
            "The shop cannot process the request at the moment: it is overloaded, a silo or the database is unreachable, or the "
            + "payment provider does not respond. The request may or may not have been carried out.",
            "Wait for the seconds in `Retry-After`, then send the same request. A `POST` with the same `Idempotency-Key` takes "
            + "effect once."),
    ];

    /// <summary>All codes with their texts, ordered by status.</summary>
    public static IEnumerable<ProblemCode> Descriptions => Table;

    /// <summary>All codes.</summary>
    public static IEnumerable<string> All => Table.Select(t => t.Code);

    /// <summary>Returns the status of a code. Codes that are not in the table are conflicts.</summary>
    public static int StatusOf(string code)
    {
        foreach (var entry in Table)
        {
            if (entry.Code == code)
                return entry.Status;
        }
        return StatusCodes.Status409Conflict;
    }

    /// <summary>Returns the code for a status that the framework set.</summary>
    public static string OfStatus(int status)
    {
        foreach (var entry in Table)
        {
            if (entry.Status == status)
                return entry.Code;
        }
        return status < 500 ? "bad-request" : Internal;
    }

    /// <summary>Returns a code as a type name, such as <c>NotFound</c>.</summary>
    public static string NameOf(string code) => string.Concat(code.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}

/// <summary>One problem code as docs/problems.md describes it. The texts are Markdown.</summary>
/// <param name="Code">The last part of the problem's <c>type</c>.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Meaning">What happened.</param>
/// <param name="Action">What the client does next.</param>
internal sealed record ProblemCode(string Code, int Status, string Meaning, string Action);
