using System.Text;

namespace SoonShop.StripeTesting.Http;

/// <summary>
/// What every request goes through, in this order: faults that come before all else, key, version, parameters, idempotency key, the
/// endpoint itself, webhooks, and the answer, unless a fault takes it away.
/// </summary>
internal sealed partial class Pipeline(
    Account account, StripeFaults faults, IdempotencyKeys keys, StripeWebhooks webhooks, Expansion expansion, TimeProvider time,
    ILogger logger, CancellationToken stopping)
{
    private static readonly TimeSpan MaxWaitForWebhooks = TimeSpan.FromSeconds(10);
    private readonly StripeServerOptions options = account.Options;

    /// <summary>Answers a request to an endpoint, or, without one, to a URL that does not exist.</summary>
    public async Task RunAsync(HttpContext context, ApiMethod? endpoint)
    {
        var requestId = Account.NewId("req")[..18];
        var decided = endpoint is null ? [] : faults.Decide(endpoint.Name);
        context.Response.Headers["Request-Id"] = requestId;
        if (Happens(decided, Fault.ResetBefore))
        {
            context.Abort();
            return;
        }
        Answer answer;
        try
        {
            answer = await AnswerAsync(context, endpoint, requestId, decided);
        }
        catch (StripeError error)
        {
            answer = ErrorAnswer(context, error, requestId);
        }
        if (Happens(decided, Fault.TimeoutAfter))
        {
            using var given = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await Task.Delay(TimeSpan.FromSeconds(options.HangSeconds), given.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            context.Abort();
            return;
        }
        if (Happens(decided, Fault.ResetAfter))
        {
            context.Abort();
            return;
        }
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = "application/json";
        response.ContentLength = answer.Body.Length;
        response.Headers.CacheControl = "no-cache, no-store";
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task<Answer> AnswerAsync(HttpContext context, ApiMethod? endpoint, string requestId, HashSet<Fault> decided)
    {
        var request = context.Request;
        if (endpoint is null)
            throw StripeError.NoSuchUrl(request.Method, request.Path);
        var form = await Form.ReadAsync(request, context.RequestAborted);
        var isPublishable = Authenticate(request, form, endpoint);
        var version = request.Headers["Stripe-Version"].ToString() is { Length: > 0 } asked ? asked : options.ApiVersion;
        if (!StripeServerOptions.IsVersion(version))
            throw StripeError.Invalid($"Invalid Stripe API version: {version}");
        context.Response.Headers["Stripe-Version"] = version;
        if (Happens(decided, Fault.RateLimit))
            throw StripeError.RateLimited();
        if (Happens(decided, Fault.ErrorBefore))
            throw StripeError.Failure();
        endpoint.Rules.Check(form);
        Expansion.Check(endpoint, form.List("expand"));

        var key = HttpMethods.IsPost(request.Method) && request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } sent ? sent : null;
        if (key is not null)
        {
            if (key.Length > IdempotencyKeys.MaxLength)
                throw StripeError.Invalid(
                    $"Idempotency keys can have at most {IdempotencyKeys.MaxLength} characters; this one has {key.Length}.");
            context.Response.Headers["Idempotency-Key"] = key;
            if (keys.Take(key, request.Path, form.Fingerprint()) is { } first)
            {
                context.Response.Headers["Idempotent-Replayed"] = "true";
                context.Response.Headers["Original-Request"] = first.RequestId;
                if (first.Status >= 500)
                    context.Response.Headers[StripeError.ShouldRetry] = "false";
                return first;
            }
        }
        return await ExecuteAsync(context, endpoint, new Call(requestId, key, version, form, request.RouteValues, isPublishable), decided);
    }

    private async Task<Answer> ExecuteAsync(HttpContext context, ApiMethod endpoint, Call call, HashSet<Fault> decided)
    {
        Answer answer;
        var keep = false;
        try
        {
            if (Happens(decided, Fault.Slow))
                await Task.Delay(TimeSpan.FromSeconds(options.SlowSeconds), stopping);
            (answer, keep) = Execute(context, endpoint, call);
            // Before a thing that was not done, there is nothing to fail after.
            if (keep && Happens(decided, Fault.ErrorAfter))
                answer = ErrorAnswer(context, StripeError.Failure(kept: true), call.RequestId);
            if (keep && call.IdempotencyKey is not null)
                keys.Keep(call.IdempotencyKey, answer);
        }
        finally
        {
            if (!keep && call.IdempotencyKey is not null)
                keys.Release(call.IdempotencyKey);
        }
        if (call.Events.Count > 0)
        {
            var posted = webhooks.Post(call.Events, decided);
            if (Happens(decided, Fault.WebhookFirst))
                await Task.WhenAny(posted, Task.Delay(MaxWaitForWebhooks, stopping));
        }
        return answer;
    }

    private (Answer Answer, bool Keep) Execute(HttpContext context, ApiMethod endpoint, Call call)
    {
        try
        {
            lock (account.Sync)
            {
                try
                {
                    var json = endpoint.Execute(call);
                    expansion.Apply(json, call.Form.List("expand"));
                    return (new Answer(200, StripeJson.Bytes(json), call.RequestId), true);
                }
                finally
                {
                    call.RunAfterwards();
                }
            }
        }
        catch (StripeError error)
        {
            return (ErrorAnswer(context, error, call.RequestId), !error.BeforeExecution);
        }
        catch (Exception mistake)
        {
            EndpointFailed(mistake, endpoint.Name);
            return (
                ErrorAnswer(context, StripeError.Failure($"The test server failed: {mistake.Message}", kept: true), call.RequestId), true);
        }
    }

    private Answer ErrorAnswer(HttpContext context, StripeError error, string requestId)
    {
        foreach (var (name, value) in error.Headers)
            context.Response.Headers[name] = value;
        return new Answer(error.Status, StripeJson.Bytes(error.Body(requestId, time.GetUtcNow())), requestId);
    }

    /// <summary>True for the publishable key; throws for a key that is not ours, or not enough.</summary>
    private bool Authenticate(HttpRequest request, Form form, ApiMethod endpoint)
    {
        var key = Key(request.Headers.Authorization.ToString()) ?? form.Take("key");
        if (key == options.ApiKey)
            return false;
        if (key != options.PublishableKey)
            throw StripeError.WrongKey(key);
        return endpoint.Publishable ? true : throw StripeError.SecretKeyNeeded();
    }

    private static string? Key(string authorization)
    {
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return authorization["Bearer ".Length..].Trim();
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..].Trim())).Split(':')[0];
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private bool Happens(HashSet<Fault> decided, Fault fault)
    {
        if (!decided.Contains(fault))
            return false;
        faults.Count(fault);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Endpoint} failed; that is a mistake in the test server.")]
    private partial void EndpointFailed(Exception mistake, string endpoint);
}
