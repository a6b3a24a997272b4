using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Http;

/// <summary>An error as Stripe answers it (docs.stripe.com/api/errors).</summary>
internal sealed class StripeError(int status, string type, string message, string? code = null, string? param = null) : Exception(message)
{
    /// <summary>The header by which Stripe tells clients whether asking again is of use.</summary>
    public const string ShouldRetry = "Stripe-Should-Retry";

    public int Status => status;

    public string? Code => code;

    /// <summary>True when it came before the endpoint began: then nothing is kept under the request's idempotency key.</summary>
    public bool BeforeExecution { get; private init; }

    /// <summary>Members beyond type, code, message and param.</summary>
    public (string Name, JsonNode? Value)[] More { get; init; } = [];

    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>A request that is wrong in itself.</summary>
    public static StripeError Invalid(string message, string? code = null, string? param = null) =>
        new(400, "invalid_request_error", message, code, param) { BeforeExecution = true };

    /// <summary>A request that does not fit the state of things.</summary>
    public static StripeError Refused(string message, string? code = null, string? param = null, params (string, JsonNode?)[] more) =>
        new(400, "invalid_request_error", message, code, param) { More = more };

    /// <summary>A thing in the URL, or in a parameter, that does not exist.</summary>
    public static StripeError Missing(string what, string id, string param, bool inUrl) =>
        new(inUrl ? 404 : 400, "invalid_request_error", $"No such {what}: '{id}'", "resource_missing", param);

    public static StripeError MissingParameter(string name) => Invalid($"Missing required param: {name}.", "parameter_missing", name);

    public static StripeError WrongKey(string? given) => given is null
        ? new(
            401, "invalid_request_error", "You did not provide an API key. You need to provide your API key in the Authorization header, "
                + "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for "
                + "details, or we can help at https://support.stripe.com/.")
        {
            BeforeExecution = true,
            Headers = [("WWW-Authenticate", "Bearer realm=\"Stripe\"")],
        }
        : new(401, "invalid_request_error", $"Invalid API Key provided: {Masked(given)}")
        { BeforeExecution = true, Headers = [("WWW-Authenticate", "Bearer realm=\"Stripe\"")] };

    public static StripeError SecretKeyNeeded() =>
        new(403, "invalid_request_error", "This API call cannot be made with a publishable API key. Please use a secret API key. You can "
            + "find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
            "secret_key_required")
        { BeforeExecution = true };

    public static StripeError NoSuchUrl(string method, string path) =>
        new(404, "invalid_request_error", $"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help "
            + "at https://support.stripe.com/.")
        { BeforeExecution = true };

    public static StripeError KeyReused(string message) => new(400, "idempotency_error", message) { BeforeExecution = true };

    public static StripeError KeyInUse(string key) =>
        new(409, "idempotency_error", "There is currently another in-progress request using this Idempotent Key (that probably means you "
            + $"submitted twice, and the other request is still going through): {key}. Please try again later.",
            "idempotency_key_in_use")
        { BeforeExecution = true };

    public static StripeError RateLimited() =>
        new(
            429, "invalid_request_error",
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.", "rate_limit")
        {
            BeforeExecution = true,
            Headers = [(ShouldRetry, "true"), ("Retry-After", "1"), ("Stripe-Rate-Limited-Reason", "endpoint-rate")],
        };

    public static StripeError Failure(
        string message = "Sorry! There was an error while talking to one of our backends. Support has been notified.", bool kept = false) =>
        new(500, "api_error", message) { BeforeExecution = !kept, Headers = kept ? [(ShouldRetry, "false")] : [] };

    /// <summary>The body of the answer.</summary>
    public JsonObject Body(string requestId, DateTimeOffset now)
    {
        var error = new JsonObject();
        if (code is not null)
        {
            error["code"] = code;
            error["doc_url"] = $"https://stripe.com/docs/error-codes/{code.Replace('_', '-')}";
        }
        error["message"] = Message;
        if (param is not null)
            error["param"] = param;
        foreach (var (name, value) in More)
            error[name] = value?.DeepClone();
        error["request_log_url"] = $"https://dashboard.stripe.com/test/logs/{requestId}?t={now.ToUnixTimeSeconds()}";
        error["type"] = type;
        return new JsonObject { ["error"] = error };
    }

    private static string Masked(string key) =>
        key.Length <= 12 ? new string('*', key.Length) : $"{key[..8]}{new string('*', key.Length - 12)}{key[^4..]}";
}
