using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>
/// A request failed within Stripe, which answers so under its key for ever, and nothing came of it. The test server does what it is asked
/// before it fails; here it is not done.
/// </summary>
public sealed class StripeKeptFailureTests : StripeSide
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task soon_after_asking_nothing_is_taken_for_granted()
    {
        await using var stripe = await FailingStripe.StartAsync();
        var provider = Provider(o => o.ApiBase = stripe.Url);
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(), None));
        await Assert.ThrowsAsync<UnavailableException>(() => provider.VoidAsync(Payment(), None));
        await Assert.ThrowsAsync<UnavailableException>(
            () => provider.RefundAsync(Refund(new ProviderPayment("pi_1", ProviderPaymentStatus.Captured), 500), None));
        Assert.DoesNotContain(stripe.Keys, k => k.EndsWith("/2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task later_what_cannot_be_found_was_not_done()
    {
        await using var stripe = await FailingStripe.StartAsync();
        var provider = Provider(o => (o.ApiBase, o.UnknownOutcomeSeconds) = (stripe.Url, 1));
        // However long ago it was written down: what counts is when it failed.
        var (create, withdraw) = (Payment(age: TimeSpan.FromMinutes(6)), Payment(age: TimeSpan.FromMinutes(6)));
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(create, None));
        await Assert.ThrowsAsync<UnavailableException>(() => provider.VoidAsync(withdraw, None));
        Assert.Equal(
            new ProviderPayment(null, ProviderPaymentStatus.Cancelled), await UntilDefiniteAsync(() => provider.CreateAsync(create, None)));
        Assert.Equal(
            new ProviderPayment(null, ProviderPaymentStatus.Cancelled), await UntilDefiniteAsync(() => provider.VoidAsync(withdraw, None)));
    }

    [Fact]
    public async Task a_refund_that_was_not_made_is_made_under_another_key()
    {
        await using var stripe = await FailingStripe.StartAsync();
        var provider = Provider(o => (o.ApiBase, o.UnknownOutcomeSeconds) = (stripe.Url, 1));
        var command = Refund(new ProviderPayment("pi_1", ProviderPaymentStatus.Captured), 500, age: TimeSpan.FromMinutes(6));
        await Assert.ThrowsAsync<UnavailableException>(() => provider.RefundAsync(command, None));
        Assert.Equal([command.IdempotencyKey], stripe.Keys.Distinct());
        Assert.Equal("re_2", (await UntilDefiniteAsync(() => provider.RefundAsync(command, None))).Reference);
        Assert.Equal([command.IdempotencyKey, $"{command.IdempotencyKey}/2"], stripe.Keys.Distinct());
    }

    [Fact]
    public async Task what_cannot_be_seen_whole_tells_nothing()
    {
        await using var stripe = await FailingStripe.StartAsync();
        stripe.ListsAreEndless = true;
        var provider = Provider(o => o.ApiBase = stripe.Url);
        await Assert.ThrowsAsync<UnavailableException>(() => provider.CreateAsync(Payment(age: TimeSpan.FromMinutes(6)), None));
    }

    /// <summary>Fails every POST for good, but for those under a second key, and knows no payment of ours.</summary>
    private sealed class FailingStripe : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly List<string> keys = [];

        private FailingStripe()
        {
            (app, Url) = LocalServer.Create();
            app.Run(AnswerAsync);
        }

        public bool ListsAreEndless { get; set; }

        public string Url { get; }

        public IReadOnlyList<string> Keys
        {
            get
            {
                lock (keys)
                    return [.. keys];
            }
        }

        public static async Task<FailingStripe> StartAsync()
        {
            var stripe = new FailingStripe();
            await stripe.app.StartAsync(None);
            return stripe;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task AnswerAsync(HttpContext context)
        {
            context.Response.ContentType = "application/json";
            if (HttpMethods.IsGet(context.Request.Method))
            {
                return context.Response.WriteAsync(
                    ListsAreEndless && !context.Request.Path.Value!.EndsWith("/search", StringComparison.Ordinal)
                        ? """{"object":"list","url":"/","has_more":true,"data":"""
                            + """[{"id":"pi_other","object":"payment_intent","amount":1,"currency":"usd","status":"succeeded","metadata":"""
                            + """{}}]}"""
                        : """{"object":"list","url":"/","has_more":false,"data":[]}""");
            }
            var key = context.Request.Headers["Idempotency-Key"].ToString();
            lock (keys)
                keys.Add(key);
            context.Response.Headers["Idempotency-Key"] = key;
            if (key.EndsWith("/2", StringComparison.Ordinal))
                return context.Response.WriteAsync(
                    """{"id":"re_2","object":"refund","amount":500,"currency":"usd","status":"succeeded","metadata":{}}""");
            context.Response.StatusCode = 500;
            context.Response.Headers["Idempotent-Replayed"] = "true";
            return context.Response.WriteAsync("""{"error":{"type":"api_error","message":"Sorry."}}""");
        }
    }
}
