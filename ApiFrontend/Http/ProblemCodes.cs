namespace SoonShop.ApiFrontend.Http;

/// <summary>The problems of the HTTP contract: which status each code has, and which code a bare status stands for.</summary>
internal static class ProblemCodes
{
    public const string MethodNotAllowed = "method-not-allowed";
    public const string NotAcceptable = "not-acceptable";
    public const string RequestTimeout = "request-timeout";
    public const string PayloadTooLarge = "payload-too-large";
    public const string UnsupportedMediaType = "unsupported-media-type";
    private const string Internal = "internal-error";

    /// <summary>Where several have one status, the first is what the status says by itself.</summary>
    private static readonly (string Code, int Status)[] Table =
    [
        (RefusalCode.ValidationFailed, 400),
        (RefusalCode.Unauthenticated, 401),
        (RefusalCode.PaymentDeclined, 402),
        (RefusalCode.Forbidden, 403),
        (RefusalCode.NotFound, 404),
        (MethodNotAllowed, 405),
        (NotAcceptable, 406),
        (RequestTimeout, 408),
        (RefusalCode.Conflict, 409),
        (RefusalCode.EmailTaken, 409),
        (RefusalCode.OutOfStock, 409),
        (RefusalCode.InvalidOrderState, 409),
        (RefusalCode.CartEmpty, 409),
        (RefusalCode.PreconditionFailed, 412),
        (PayloadTooLarge, 413),
        ("uri-too-long", 414),
        (UnsupportedMediaType, 415),
        (RefusalCode.IdempotencyKeyReused, 422),
        (RefusalCode.RateLimited, 429),
        ("headers-too-large", 431),
        (Internal, 500),
        (RefusalCode.Unavailable, 503),
    ];

    /// <summary>All codes.</summary>
    public static IEnumerable<string> All => Table.Select(t => t.Code);

    /// <summary>The status of a code; codes that the table does not know are conflicts.</summary>
    public static int StatusOf(string code)
    {
        foreach (var entry in Table)
        {
            if (entry.Code == code)
                return entry.Status;
        }
        return StatusCodes.Status409Conflict;
    }

    /// <summary>The code for a status that the framework set without saying more.</summary>
    public static string OfStatus(int status)
    {
        foreach (var entry in Table)
        {
            if (entry.Status == status)
                return entry.Code;
        }
        return status < 500 ? "bad-request" : Internal;
    }

    /// <summary>A code as a name of a type: <c>NotFound</c>.</summary>
    public static string NameOf(string code) => string.Concat(code.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
