using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>
/// Posts events, signed, side by side and in no order, and again with growing pauses until they are taken. For many threads.
/// </summary>
public sealed class StripeWebhooks : IAsyncDisposable
{
    private const int Duplicates = 5;
    private readonly StripeServerOptions options;
    private readonly StripeFaults faults;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim turns;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentQueue<WebhookDelivery> log = new();
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private ImmutableArray<WebhookTarget> targets;
    private long pending;

    internal StripeWebhooks(StripeServerOptions options, StripeFaults faults, TimeProvider time)
    {
        (this.options, this.faults, this.time) = (options, faults, time);
        targets = [.. options.Webhooks];
        turns = new SemaphoreSlim(options.WebhookConcurrency);
    }

    /// <summary>Who is posted to.</summary>
    public IReadOnlyList<WebhookTarget> Targets => targets;

    /// <summary>The latest deliveries, in the order in which they began.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries => [.. log];

    /// <summary>Deliveries that are neither taken nor given up.</summary>
    public long Pending => Interlocked.Read(ref pending);

    /// <summary>Deliveries that were given up because too many were waiting.</summary>
    public long Overflowed { get; private set; }

    /// <summary>Posts to one more target from now on.</summary>
    public void AddTarget(string url, params string[] secrets)
    {
        var target = new WebhookTarget { Url = url, Secrets = secrets };
        var problems = new StripeServerOptions { Webhooks = [target] }.Problems();
        if (problems.Count > 0)
            throw new ArgumentException(string.Join("; ", problems), nameof(url));
        ImmutableInterlocked.Update(ref targets, t => t.Add(target));
    }

    /// <summary>Posts nothing new to anybody.</summary>
    public void RemoveTargets() => ImmutableInterlocked.Update(ref targets, _ => []);

    /// <summary>Waits until every delivery was taken or given up.</summary>
    public async Task WhenIdleAsync(CancellationToken cancellation)
    {
        while (Pending > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
    }

    internal int CountTargets(string type) => targets.Count(t => t.Wants(type));

    /// <summary>Begins to post events. The task ends when each was posted once.</summary>
    internal Task Post(IReadOnlyList<StripeEvent> events, IReadOnlySet<Fault> decided)
    {
        if (Happens(decided, Fault.WebhookLost))
            return Task.CompletedTask;
        var copies = Happens(decided, Fault.WebhookDuplicated) ? Duplicates : 1;
        var loseFirst = Happens(decided, Fault.WebhookLostOnce);
        var delay = Happens(decided, Fault.WebhookDelayed) ? TimeSpan.FromSeconds(options.WebhookDelaySeconds) : TimeSpan.Zero;
        var reordered = Happens(decided, Fault.WebhookReordered);
        var first = new List<Task>();
        var before = Task.CompletedTask;
        foreach (var (i, happened) in reordered ? events.Index().Reverse() : events.Index())
        {
            // The last first, one after the other, spread over the delay: what other requests cause meanwhile overtakes them.
            var held = reordered ? TimeSpan.FromSeconds(options.WebhookDelaySeconds) * (events.Count - i) / events.Count : delay;
            foreach (var target in targets.Where(t => t.Wants(happened.Type)))
            {
                for (var copy = 0; copy < copies; copy++)
                    first.Add(Begin(happened, target, held, before, loseFirst));
            }
            if (reordered)
                before = Task.WhenAll(first);
        }
        return Task.WhenAll(first);
    }

    /// <summary>
    /// Posts an event once more, signed for some other time or with some other secret; answers the HTTP status of each target.
    /// </summary>
    internal async Task<IReadOnlyList<int>> SendAsync(StripeEvent happened, TimeSpan age, string? secret, CancellationToken cancellation)
    {
        var answers = new List<int>();
        foreach (var target in targets)
            answers.Add(await PostAsync(target.Url, happened, secret is null ? target.Secrets : [secret], age, cancellation));
        return answers;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        http.Dispose();
    }

    private Task Begin(StripeEvent happened, WebhookTarget target, TimeSpan held, Task before, bool loseFirst)
    {
        var delivery = new WebhookDelivery(happened.Id, happened.Type, happened.ObjectId, target.Url);
        log.Enqueue(delivery);
        if (log.Count > options.MaxEvents)
            log.TryDequeue(out _);
        if (Interlocked.Increment(ref pending) > options.MaxPendingWebhooks)
        {
            Interlocked.Decrement(ref pending);
            delivery.GivenUp = true;
            Overflowed++;
            return Task.CompletedTask;
        }
        var postedOnce = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Task.Run(() => DeliverAsync(delivery, happened, target, held, before, loseFirst, postedOnce));
        return postedOnce.Task;
    }

    private async Task DeliverAsync(
        WebhookDelivery delivery, StripeEvent happened, WebhookTarget target, TimeSpan held, Task before, bool loseFirst,
        TaskCompletionSource postedOnce)
    {
        try
        {
            if (held > TimeSpan.Zero)
                await Task.Delay(held, stopping.Token);
            await before;
            var pause = TimeSpan.FromSeconds(options.WebhookBackoffSeconds);
            for (var attempt = 1; attempt <= options.WebhookAttempts; attempt++)
            {
                delivery.Note(loseFirst && attempt == 1
                    ? new WebhookAttempt(time.GetUtcNow(), null, "Lost on the way, as was asked.")
                    : await AttemptAsync(happened, target));
                postedOnce.TrySetResult();
                if (delivery.Delivered || attempt == options.WebhookAttempts)
                    break;
                await Task.Delay(pause, stopping.Token);
                pause = TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * 2, options.WebhookMaxBackoffSeconds));
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        finally
        {
            delivery.GivenUp = !delivery.Delivered;
            Interlocked.Decrement(ref pending);
            postedOnce.TrySetResult();
        }
    }

    private async Task<WebhookAttempt> AttemptAsync(StripeEvent happened, WebhookTarget target)
    {
        await turns.WaitAsync(stopping.Token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(options.WebhookTimeoutSeconds));
        try
        {
            var status = await PostAsync(target.Url, happened, target.Secrets, TimeSpan.Zero, limit.Token);
            return new WebhookAttempt(time.GetUtcNow(), status, null);
        }
        catch (HttpRequestException failure)
        {
            return new WebhookAttempt(time.GetUtcNow(), null, failure.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new WebhookAttempt(time.GetUtcNow(), null, $"No answer within {options.WebhookTimeoutSeconds} s.");
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<int> PostAsync(
        string url, StripeEvent happened, IEnumerable<string> secrets, TimeSpan age, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        { Content = new ByteArrayContent(happened.Payload), Version = HttpVersion.Version11 };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.TryAddWithoutValidation(
            "Stripe-Signature", WebhookSignature.Sign(secrets, (time.GetUtcNow() - age).ToUnixTimeSeconds(), happened.Payload));
        request.Headers.TryAddWithoutValidation("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return (int)response.StatusCode;
    }

    private bool Happens(IReadOnlySet<Fault> decided, Fault fault)
    {
        if (!decided.Contains(fault))
            return false;
        faults.Count(fault);
        return true;
    }
}
