using System.Net;
using System.Text.Json;
using SoonShop.Client.Answers;
using SoonShop.Client.Sending;

namespace SoonShop.Client;

/// <summary>
/// The shop refused a call, or did not answer. Decide by <see cref="Code"/>. The shop may have carried out a call without an answer: repeat
/// a POST only with the same <see cref="IdempotencyKey"/>.
/// </summary>
public sealed class SoonShopException : Exception
{
    private SoonShopException(string message, string code, HttpRequestMessage? request, Exception? cause)
        : base(message, cause)
    {
        Code = code;
        IdempotencyKey = request?.IdempotencyKey();
        Tries = request is not null && request.Options.TryGetValue(CallOptions.Tries, out var tries) ? tries : 0;
    }

    /// <summary>What happened, one of <see cref="SoonShopErrorCodes"/> or a newer one: the last part of the <c>type</c>.</summary>
    public string Code { get; }

    /// <summary>The HTTP status; null without an answer.</summary>
    public HttpStatusCode? Status { get; private init; }

    /// <summary>What is wrong and what to do, for people; null where the problem does not say.</summary>
    public string? Detail { get; private init; }

    /// <summary>What is wrong with each field, for people; empty for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; private init; } = ProblemBody.None.Errors;

    /// <summary>The id of the request in the shop's logs, for its operator; null where the shop did not answer itself.</summary>
    public string? TraceId { get; private init; }

    /// <summary>When to try again, from the answer on; null where the shop does not say.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Further members of the problem, such as <c>orderId</c>, <c>declineCode</c>, <c>lines</c> and <c>quote</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Extensions { get; private init; } = ProblemBody.None.Extensions;

    /// <summary>The key that a POST had; null for other calls. With it, the same call may be sent again later.</summary>
    public string? IdempotencyKey { get; }

    /// <summary>How often the call was sent. After two tries of a DELETE, <c>not-found</c> can mean that the first removed it.</summary>
    public int Tries { get; }

    /// <summary>A further member as a type, such as <c>Extension&lt;Guid&gt;("orderId")</c>; the default value without it.</summary>
    /// <exception cref="JsonException">The member is of another type.</exception>
    public T? Extension<T>(string name) => Extensions.TryGetValue(name, out var member) ? member.Deserialize<T>(Json.Options) : default;

    /// <summary>The exception of an error answer.</summary>
    internal static async Task<SoonShopException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var problem = ProblemBody.Parse(body);
        var code = problem.Code ?? CodeOf(response.StatusCode);
        return new(Text(response, code, problem), code, response.RequestMessage, cause: null)
        {
            Status = response.StatusCode,
            Detail = problem.Detail,
            Errors = problem.Errors,
            TraceId = problem.TraceId,
            RetryAfter = Sending.RetryAfter.Of(response, TimeProvider.System),
            Extensions = problem.Extensions,
        };
    }

    /// <summary>The exception of a call without an answer.</summary>
    internal static SoonShopException NoAnswer(HttpRequestMessage request, Exception cause) => new(
        $"{Target(request)}: no answer. The shop may have carried the call out.", SoonShopErrorCodes.NoAnswer, request, cause);

    /// <summary>The exception of a success that cannot be read.</summary>
    internal static SoonShopException Unreadable(HttpResponseMessage response, JsonException cause) => new(
        $"{Target(response.RequestMessage)}: the answer {(int)response.StatusCode} cannot be read: {cause.Message}",
        SoonShopErrorCodes.UnreadableAnswer, response.RequestMessage, cause)
    {
        Status = response.StatusCode,
    };

    private static string Text(HttpResponseMessage response, string code, ProblemBody problem)
    {
        var fields = string.Concat(problem.Errors.Select(e => $" {e.Key}: {string.Join(", ", e.Value)}."));
        var trace = problem.TraceId is null ? "" : $" (trace {problem.TraceId})";
        return $"{Target(response.RequestMessage)}: {(int)response.StatusCode} {code}. {problem.Detail ?? problem.Title}{fields}{trace}";
    }

    private static string Target(HttpRequestMessage? request) => $"{request?.Method} {request?.RequestUri?.AbsolutePath}";

    /// <summary>The code of an answer that is no problem of the shop, such as that of a proxy.</summary>
    private static string CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => SoonShopErrorCodes.RateLimited,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => SoonShopErrorCodes.Unavailable,
        >= HttpStatusCode.InternalServerError => SoonShopErrorCodes.InternalError,
        _ => SoonShopErrorCodes.BadRequest,
    };
}
