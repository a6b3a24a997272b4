using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using SoonShop.StripeTesting.Endpoints;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>
/// A server that behaves as Stripe documents its API for payment intents, charges, refunds, disputes, customers, payment methods and
/// events, moves no money, keeps everything in memory, and lets things go wrong on demand. Beside Stripe's URLs below <c>/v1</c> it has its
/// own below <c>/test</c>, for what Stripe's dashboard, the customer or the bank would do; these ask for no key, so it listens on 127.0.0.1
/// alone.
/// </summary>
public sealed class StripeServer : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource stopping = new();
    private readonly IdempotencyKeys keys;
    private readonly Account account;
    private readonly Payments payments;
    private readonly WebApplication app;

    private StripeServer(StripeServerOptions options, Action<ILoggingBuilder> logging)
    {
        var time = TimeProvider.System;
        Options = options;
        Faults = new StripeFaults(options.Seed);
        foreach (var (fault, rate) in options.FaultRates)
            Faults.SetRate(Enum.Parse<Fault>(fault), rate);
        Webhooks = new StripeWebhooks(options, Faults, time);
        keys = new IdempotencyKeys(options.MaxIdempotencyKeys);
        account = new Account(options, time) { CountTargets = Webhooks.CountTargets };
        var methods = new PaymentMethods(account);
        payments = new Payments(account, methods, () => Url);

        var builder = WebApplication.CreateSlimBuilder();
        logging(builder.Logging.ClearProviders());
        builder.WebHost.UseUrls($"http://127.0.0.1:{options.Port}").ConfigureKestrel(k => k.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopLimit);
        app = builder.Build();
        var pipeline = new Pipeline(
            account, Faults, keys, Webhooks, new Expansion(account), time, app.Services.GetRequiredService<ILogger<Pipeline>>(),
            stopping.Token);
        ApiMethod[] endpoints =
        [
            .. new PaymentIntentEndpoints(account, payments, methods).All, .. new MoneyBackEndpoints(account).All,
            .. new CustomerEndpoints(account, methods).All,
        ];
        foreach (var endpoint in endpoints)
            app.MapMethods(endpoint.Path, [endpoint.Method], (RequestDelegate)(context => pipeline.RunAsync(context, endpoint)));
        app.MapFallback("/{**path}", (RequestDelegate)(context => pipeline.RunAsync(context, null)));
        app.MapControls(this);
    }

    /// <summary>Its settings.</summary>
    public StripeServerOptions Options { get; }

    /// <summary>Where it listens: what the shop is to take for Stripe's API.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What goes wrong.</summary>
    public StripeFaults Faults { get; }

    /// <summary>Who is told what happens.</summary>
    public StripeWebhooks Webhooks { get; }

    /// <summary>The books as they are now.</summary>
    public StripeBooks Books
    {
        get
        {
            lock (account.Sync)
            {
                return new StripeBooks(
                    [.. account.Intents.All.Select(Booked)],
                    [.. account.Refunds.All.Where(r => !r.IsRelease).Select(r => new BookedRefund(
                        r.Id, r.Charge.Intent.Id, r.Charge.Id, r.Amount, r.Charge.Intent.Currency, r.Status,
                        new Dictionary<string, string>(r.Metadata)))],
                    [.. account.Disputes.All.Select(
                        d => new BookedDispute(d.Id, d.Charge.Intent.Id, d.Charge.Id, d.Amount, d.Charge.Intent.Currency, d.Status))]);
            }
        }
    }

    /// <summary>Starts a server. Throws when a setting is wrong, or the port is taken.</summary>
    /// <param name="options">Settings; null for those of a test, with a free port.</param>
    /// <param name="logging">Where to log; null for nowhere.</param>
    public static async Task<StripeServer> StartAsync(StripeServerOptions? options = null, Action<ILoggingBuilder>? logging = null)
    {
        options ??= new StripeServerOptions { Port = 0 };
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        var server = new StripeServer(options, logging ?? (_ => { }));
        await server.app.StartAsync();
        server.Url = server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return server;
    }

    /// <summary>Waits until the process is asked to end.</summary>
    public Task WaitForShutdownAsync() => app.WaitForShutdownAsync();

    /// <summary>
    /// The customer completes 3-D Secure: the payment goes on, to success or to the card's decline. This and what follows throws
    /// <see cref="InvalidOperationException"/> where the thing does not exist, or is not in a state for it.
    /// </summary>
    public void Authenticate(string paymentIntent) => Act(call => payments.Authenticate(call, Intent(paymentIntent)));

    /// <summary>The customer fails at 3-D Secure, or gives up.</summary>
    public void FailAuthentication(string paymentIntent) => Act(call => payments.FailAuthentication(call, Intent(paymentIntent)));

    /// <summary>An authorization that nobody captured ends, as it does after seven days.</summary>
    public void ExpireAuthorization(string paymentIntent) => Act(call =>
    {
        var intent = Intent(paymentIntent);
        Payments.RequireStatus(intent, "expired", "requires_capture");
        payments.Cancel(call, intent, "automatic");
    });

    /// <summary>Ends the processing of a payment (by <c>pm_card_processing</c>, a method of this server's own).</summary>
    public void EndProcessing(string paymentIntent, bool succeeds) =>
        Act(call => payments.EndProcessing(call, Intent(paymentIntent), succeeds));

    /// <summary>A pending refund arrives.</summary>
    public void CompleteRefund(string refund) => Act(call => Refunding.Succeed(account, call, Refund(refund)));

    /// <summary>A refund fails; the money is back with the shop.</summary>
    public void FailRefund(string refund, string reason = "expired_or_canceled_card") =>
        Act(call => Refunding.Fail(account, call, Refund(refund), reason));

    /// <summary>The cardholder's bank disputes a payment.</summary>
    /// <param name="paymentIntent">Which; it must be captured.</param>
    /// <param name="amount">How much of it; null for all.</param>
    /// <param name="reason">As Stripe lists them.</param>
    /// <param name="inquiry">True when it only asks, and takes nothing yet.</param>
    /// <returns>The dispute's id.</returns>
    public string OpenDispute(string paymentIntent, long? amount = null, string reason = "fraudulent", bool inquiry = false)
    {
        var id = "";
        Act(call =>
        {
            var charge = Intent(paymentIntent).LatestCharge ?? throw StripeError.Refused($"PaymentIntent {paymentIntent} has no charge.");
            id = Disputes.Open(account, call, charge, amount ?? charge.AmountCaptured, reason, inquiry).Id;
        });
        return id;
    }

    /// <summary>The bank decides a dispute.</summary>
    public void CloseDispute(string dispute, bool won) =>
        Act(call => Disputes.Close(account, call, account.Disputes.InUrl(dispute, "dispute"), won));

    /// <summary>Forgets an idempotency key, or all, as Stripe does after a day; answers how many.</summary>
    public int ForgetIdempotencyKeys(string? key = null) => keys.Forget(key);

    /// <summary>
    /// Posts an event once more: a replay, or, with an age or another secret, a stale or forged one. Answers each target's HTTP status.
    /// </summary>
    public Task<IReadOnlyList<int>> SendEventAsync(
        string id, TimeSpan age = default, string? secret = null, CancellationToken cancellation = default)
    {
        StripeEvent happened;
        lock (account.Sync)
            happened = account.FindEvent(id)
                ?? throw new InvalidOperationException($"There is no event {id}, or it is forgotten; see StripeServer:MaxEvents.");
        return Webhooks.SendAsync(happened, age, secret, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Webhooks.DisposeAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        stopping.Dispose();
    }

    internal bool IsClientSecret(string paymentIntent, string? secret)
    {
        lock (account.Sync)
            return account.Intents.Find(paymentIntent)?.ClientSecret == secret;
    }

    internal (string Status, string? ReturnUrl, string Amount) Shown(string paymentIntent)
    {
        lock (account.Sync)
        {
            var intent = account.Intents.Find(paymentIntent)!;
            return (intent.Status, intent.ReturnUrl, Currencies.Text(intent.Amount, intent.Currency));
        }
    }

    private void Act(Action<Call> act)
    {
        var call = Call.None();
        try
        {
            lock (account.Sync)
            {
                act(call);
                call.RunAfterwards();
            }
        }
        catch (StripeError refused)
        {
            throw new InvalidOperationException(refused.Message, refused);
        }
        _ = Webhooks.Post(call.Events, Faults.Decide(StripeFaults.Controls, hasAnswer: false));
    }

    private PaymentIntent Intent(string id) => account.Intents.InUrl(id, "intent");

    private Refund Refund(string id) => account.Refunds.InUrl(id, "refund");

    private static BookedPayment Booked(PaymentIntent intent) => new(
        intent.Id, intent.Status, intent.Currency, intent.Amount, intent.AmountReceived, intent.AmountCapturable,
        intent.Charges.Sum(c => c.AmountRefunded),
        intent.Charges.Sum(c => c.Dispute is { Status: not ("won" or "warning_closed") } dispute ? dispute.Amount : 0),
        intent.Charges.Count,
        intent.Customer,
        new Dictionary<string, string>(intent.Metadata));
}
