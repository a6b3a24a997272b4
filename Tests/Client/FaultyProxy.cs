using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

/// <summary>What happens to a request on its way.</summary>
internal enum Fault
{
    /// <summary>Nothing: the shop answers.</summary>
    None,

    /// <summary>503 without asking the shop.</summary>
    UnavailableBefore,

    /// <summary>The connection breaks before the shop hears of it.</summary>
    ResetBefore,

    /// <summary>The shop does it, and the answer is 503.</summary>
    UnavailableAfter,

    /// <summary>The shop does it, and the connection breaks before the answer.</summary>
    ResetAfter,

    /// <summary>The shop does it, and the connection breaks in the middle of the answer.</summary>
    CutAnswer,

    /// <summary>No answer comes until the client gives up.</summary>
    Silence,
}

/// <summary>A request that came by.</summary>
internal sealed record Passed(string Method, string Path, string? IdempotencyKey, string? Authorization);

/// <summary>A proxy of this machine in front of a shop. It lets faults happen to requests that a test chooses.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private static readonly string[] NotForwarded = ["Host", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type"];
    private readonly WebApplication app;
    private readonly HttpClient shop;

    private FaultyProxy(WebApplication app, string url, Uri target)
    {
        (this.app, Address) = (app, new Uri(url));
        shop = new HttpClient { BaseAddress = target };
        app.Run(HandleAsync);
    }

    /// <summary>Where clients find it.</summary>
    public Uri Address { get; }

    /// <summary>Everything that came by, in order.</summary>
    public ConcurrentQueue<Passed> Requests { get; } = [];

    /// <summary>What happens to a request; the number counts the requests with its method and path, from 1.</summary>
    public Func<Passed, int, Fault> Choose { get; set; } = (_, _) => Fault.None;

    /// <summary>Runs before a request is forwarded, and may wait.</summary>
    public Func<Passed, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Completes when a client has given up a request that got no answer.</summary>
    public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<FaultyProxy> StartAsync(RunningShop shop)
    {
        var (app, url) = LocalServer.Create();
        var proxy = new FaultyProxy(app, url, shop.Api.Http.BaseAddress!);
        await app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        shop.Dispose();
    }

    /// <summary>The requests with a path.</summary>
    public Passed[] To(string path) => [.. Requests.Where(r => r.Path == path)];

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var passed = new Passed(request.Method, request.Path, Header(request, "Idempotency-Key"), Header(request, "Authorization"));
        Requests.Enqueue(passed);
        var fault = Choose(passed, Requests.Count(r => (r.Method, r.Path) == (passed.Method, passed.Path)));
        await Before(passed);
        switch (fault)
        {
            case Fault.UnavailableBefore:
                Refuse(context);
                return;
            case Fault.ResetBefore:
                context.Abort();
                return;
            case Fault.Silence:
                context.RequestAborted.Register(() => GivenUp.TrySetResult());
                await GivenUp.Task;
                return;
        }
        using var answer = await ForwardAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        switch (fault)
        {
            case Fault.UnavailableAfter:
                Refuse(context);
                return;
            case Fault.ResetAfter:
                context.Abort();
                return;
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(h => !NotForwarded.Contains(h.Key)))
            context.Response.Headers[name] = values.ToArray();
        if (body.Length > 0)
            context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(fault == Fault.CutAnswer ? body.AsMemory(0, body.Length / 2) : body);
        if (fault == Fault.CutAnswer)
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    private async Task<HttpResponseMessage> ForwardAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        using var forwarded = new HttpRequestMessage(new HttpMethod(request.Method), $"{request.Path}{request.QueryString}");
        if (body.Length > 0)
        {
            forwarded.Content = new ByteArrayContent(body.ToArray());
            forwarded.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        foreach (var (name, values) in request.Headers.Where(h => !NotForwarded.Contains(h.Key)))
            forwarded.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        return await shop.SendAsync(forwarded);
    }

    private static void Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "0";
    }

    private static string? Header(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
