using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Payments through Stripe. A payment is a PaymentIntent, created and confirmed in one request. Amounts are checked before anything is
/// sent. A response that Stripe replays for a key may be outdated, so the payment's current state is retrieved.
/// </summary>
internal sealed partial class StripePaymentProvider(
    StripeCalls stripe, StripeLookup lookup, IOptions<StripeOptions> settings, IOptions<PaymentsOptions> payments, TimeProvider time,
    ILogger<StripePaymentProvider> log)
    : IPaymentProvider
{
    /// <summary>The most keys of failed requests that are remembered.</summary>
    private const int MaxFailed = 10_000;

    /// <summary>When this process first met each key whose request failed within Stripe.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> failed = new();
    private readonly StripeOptions options = settings.Value;
    private readonly string captureMethod = payments.Value.Capture == CaptureMode.Manual ? "manual" : "automatic";

    public bool IsAvailable => stripe.IsAvailable;

    public async Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is { } reason)
            return NotMade(ProviderPaymentStatus.Declined, reason);
        if (IsForgotten(command.AskedAt))
            return await FindAsync(command, cancellation) ?? NotMade(ProviderPaymentStatus.Cancelled);
        return await AskAsync(command, cancellation) ?? await FindVoidedAsync(command, cancellation)
            ?? await FindAsync(command, cancellation)
                ?? throw Defect(command.IdempotencyKey);
    }

    public async Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is not null)
            return NotMade(ProviderPaymentStatus.Cancelled);
        if (IsForgotten(command.AskedAt))
            return await FindAsync(command, cancellation) ?? NotMade(ProviderPaymentStatus.Cancelled);
        // If Stripe has seen the key, a request with it returns the original result.
        return await FindVoidedAsync(command, cancellation) ?? await AskAsync(command, cancellation)
            ?? await FindAsync(command, cancellation)
                ?? throw Defect(command.IdempotencyKey);
    }

    public async Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation)
    {
        var expanded = new PaymentIntentGetOptions { Expand = ["latest_charge"] };
        var answer = await stripe.SendAsync((s, c) => s.PaymentIntents.GetAsync(reference, expanded, null, c), cancellation);
        if (answer.Value is not { } intent)
            return answer.Fault!.Kind == StripeFaultKind.Missing ? null : throw Unexpected(reference, answer.Fault);
        var payment = StripeObjects.Payment(intent);
        if (payment.Status != ProviderPaymentStatus.Captured)
            return payment;
        return payment with
        {
            Refunds = [.. (await lookup.RefundsAsync(reference, cancellation)).Where(r => !StripeObjects.IsRelease(r, intent)).Select(
                StripeObjects.Refund)],
            Dispute = intent.LatestCharge?.Disputed == true ? await DisputeAsync(reference, cancellation) : null,
        };
    }

    public Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation) => ChangeAsync(
        reference, idempotencyKey, (s, key, c) => s.PaymentIntents.CancelAsync(reference, null, key, c),
        status => status is ProviderPaymentStatus.RequiresAction or ProviderPaymentStatus.Declined or ProviderPaymentStatus.Authorized,
        cancellation);

    public Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation)
    {
        var part = new PaymentIntentCaptureOptions { AmountToCapture = StripeAmount.Of(amount) };
        return ChangeAsync(
            reference, idempotencyKey, (s, key, c) => s.PaymentIntents.CaptureAsync(reference, part, key, c),
            status => status == ProviderPaymentStatus.Authorized, cancellation);
    }

    /// <summary>
    /// Sends the creation request with its key. The first request creates the payment, later ones return the original result. Null when a
    /// void has used up the key.
    /// </summary>
    private async Task<ProviderPayment?> AskAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        var creation = Creation(command);
        var answer = await stripe.SendAsync(
            (s, c) => s.PaymentIntents.CreateAsync(creation, Under(command.IdempotencyKey), c), cancellation);
        if (answer.Value is { } intent)
            return answer.Replayed ? await CurrentAsync(intent.Id, cancellation) : StripeObjects.Payment(intent);
        var fault = answer.Fault!;
        switch (fault.Kind)
        {
            case StripeFaultKind.KeyReused:
                return null;
            case StripeFaultKind.Kept:
                return await FindLateAsync(command, cancellation);
            case StripeFaultKind.Declined:
                return fault is { Replayed: true, PaymentId: { } known }
                    ? await CurrentAsync(known, cancellation)
                    : new ProviderPayment(fault.PaymentId, ProviderPaymentStatus.Declined, null, fault.Code);
            default:
                LogRefused(log, command.OrderId, fault.ToString());
                return NotMade(ProviderPaymentStatus.Declined, fault.Code);
        }
    }

    /// <summary>
    /// Uses up the key with a payment that is never confirmed, so that no creation request in flight can take money. Null when the creation
    /// has already used the key.
    /// </summary>
    private async Task<ProviderPayment?> FindVoidedAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        var instead = new PaymentIntentCreateOptions
        {
            Amount = StripeAmount.Of(command.Amount),
            Currency = command.Amount.Currency.ToLowerInvariant(),
            AutomaticPaymentMethods = OnThisSite,
            Description = $"Order {OrderNumber.For(command.OrderId)}, given up",
            Metadata = Metadata(command.IdempotencyKey, command.OrderId, command.CustomerId),
        };
        instead.Metadata[StripeObjects.VoidedField] = "true";
        var answer = await stripe.SendAsync(
            (s, c) => s.PaymentIntents.CreateAsync(instead, Under(command.IdempotencyKey), c), cancellation);
        if (answer.Value is { } intent)
            return await EndAsync(intent, command.IdempotencyKey, cancellation);
        return answer.Fault!.Kind switch
        {
            StripeFaultKind.KeyReused => null,
            // The error was stored under the key, or the request was rejected. Neither uses up the key, so neither tells whether the
            // payment was created.
            _ => await FindLateAsync(command, cancellation),
        };
    }

    /// <summary>
    /// Finds the payment of a key whose first request failed within Stripe. Requests with this key return that error forever, whether money
    /// was taken or not.
    /// </summary>
    private async Task<ProviderPayment> FindLateAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        await FindAsync(command, cancellation)
            ?? (IsUnknown(command.IdempotencyKey) ? throw StripeCalls.NoAnswer() : NotMade(ProviderPaymentStatus.Cancelled));

    /// <summary>Returns the current payment of a key; null when there is none.</summary>
    private async Task<ProviderPayment?> FindAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (await lookup.FindPaymentAsync(command, cancellation) is not { } intent)
            return null;
        return StripeObjects.IsVoid(intent)
            ? await EndAsync(intent, command.IdempotencyKey, cancellation)
            : await CurrentAsync(intent.Id, cancellation);
    }

    /// <summary>Cancels a payment that was created to use up a key.</summary>
    private async Task<ProviderPayment> EndAsync(PaymentIntent intent, string key, CancellationToken cancellation) =>
        intent.Status == "canceled"
            ? StripeObjects.Payment(intent)
            : await CancelAsync(intent.Id, $"{key}/withdraw", cancellation);

    /// <summary>
    /// Captures or cancels a payment. Such a transition can happen only once, with any key. When Stripe does not execute it, returns the
    /// current payment.
    /// </summary>
    private async Task<ProviderPayment> ChangeAsync(
        string reference, string key, Func<V1Services, RequestOptions, CancellationToken, Task<PaymentIntent>> change,
        Predicate<ProviderPaymentStatus> stillPossible, CancellationToken cancellation)
    {
        var answer = await stripe.SendAsync((s, c) => change(s, Under(key), c), cancellation);
        if (answer is { Value: { } done, Replayed: false })
            return StripeObjects.Payment(done);
        if (answer.Fault is { Kind: StripeFaultKind.Missing } unknown && CanVanish(reference))
        {
            LogVanished(log, reference, unknown.ToString());
            return new ProviderPayment(reference, ProviderPaymentStatus.Cancelled);
        }
        if (answer.Fault is { Kind: StripeFaultKind.KeyReused or StripeFaultKind.Missing } wrong)
            throw Unexpected(reference, wrong);
        var standing = await CurrentAsync(reference, cancellation);
        if (answer.Fault is not { } fault || !stillPossible(standing.Status))
            return standing;
        LogNotChanged(log, reference, fault.ToString());
        if (!fault.Replayed)
            return standing;
        // The stored rejection concerns an earlier state. A new key is safe, because the transition can happen only once.
        var again = $"{key}/{time.GetUtcNow().ToUnixTimeSeconds() / 60}";
        var second = await stripe.SendAsync((s, c) => change(s, Under(again), c), cancellation);
        return second is { Value: { } changed, Replayed: false }
            ? StripeObjects.Payment(changed)
            : await CurrentAsync(reference, cancellation);
    }

    /// <summary>Returns the current payment, which Stripe is known to have.</summary>
    private async Task<ProviderPayment> CurrentAsync(string reference, CancellationToken cancellation) =>
        await RetrieveAsync(reference, cancellation) ?? throw StripeCalls.NoAnswer();

    /// <summary>Returns the relevant dispute: the undecided one, otherwise the latest.</summary>
    private async Task<ProviderDispute?> DisputeAsync(string reference, CancellationToken cancellation)
    {
        var ofPayment = new DisputeListOptions { PaymentIntent = reference, Limit = 10 };
        var answer = await stripe.SendAsync((s, c) => s.Disputes.ListAsync(ofPayment, null, c), cancellation);
        var disputes = (answer.Value ?? throw Unexpected(reference, answer.Fault!)).Data.OrderByDescending(d => d.Created)
            .Select(StripeObjects.Dispute).ToArray();
        return Array.Find(disputes, d => d.Status == DisputeStatus.Open) ?? disputes.FirstOrDefault();
    }

    private PaymentIntentCreateOptions Creation(CreateProviderPayment command) => new()
    {
        Amount = StripeAmount.Of(command.Amount),
        Currency = command.Amount.Currency.ToLowerInvariant(),
        Confirm = true,
        CaptureMethod = captureMethod,
        PaymentMethod = command.PaymentMethod,
        AutomaticPaymentMethods = OnThisSite,
        Customer = command.Customer,
        SetupFutureUsage = command is { KeepMethod: true, Customer: not null } ? "on_session" : null,
        Description = $"Order {OrderNumber.For(command.OrderId)}",
        Metadata = Metadata(command.IdempotencyKey, command.OrderId, command.CustomerId),
    };

    /// <summary>Allows all methods enabled in the dashboard, except those that redirect the customer to another site.</summary>
    private static PaymentIntentAutomaticPaymentMethodsOptions OnThisSite => new() { Enabled = true, AllowRedirects = "never" };

    private static Dictionary<string, string> Metadata(string key, Guid orderId, Guid? customerId)
    {
        var metadata = new Dictionary<string, string> { [StripeObjects.OrderField] = $"{orderId}", [StripeObjects.KeyField] = key };
        if (customerId is { } customer)
            metadata[StripeObjects.CustomerField] = $"{customer}";
        return metadata;
    }

    private static RequestOptions Under(string key) => new() { IdempotencyKey = key };

    private bool IsForgotten(DateTimeOffset askedAt) => time.GetUtcNow() - askedAt > TimeSpan.FromHours(options.FindAfterHours);

    /// <summary>
    /// True while the effect of a failed request may still appear. The period starts when this process first met the failure, which is
    /// never too early. After a restart the period starts again.
    /// </summary>
    private bool IsUnknown(string key)
    {
        if (failed.Count >= MaxFailed)
            failed.Clear();
        var now = time.GetUtcNow();
        return now - failed.GetOrAdd(key, now) < TimeSpan.FromSeconds(options.UnknownOutcomeSeconds);
    }

    private static ProviderPayment NotMade(ProviderPaymentStatus status, string? declineCode = null) =>
        new(null, status, null, declineCode);

    private UnavailableException Unexpected(string reference, StripeFault fault)
    {
        LogUnexpected(log, reference, fault.ToString());
        return StripeCalls.NoAnswer();
    }

    /// <summary>
    /// True for a payment that Stripe may permanently lack: one of another provider, or one of test mode, whose data can be deleted in the
    /// dashboard (docs.stripe.com/test-mode). For a live payment, a missing object means that the API key belongs to another account.
    /// </summary>
    private bool CanVanish(string reference) =>
        !reference.StartsWith("pi_", StringComparison.Ordinal) || !StripeSecrets.IsLive(options.ApiKey);

    private UnavailableException Defect(string key)
    {
        LogKeyReused(log, key);
        return StripeCalls.NoAnswer();
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Stripe knows no payment {Reference} ({Detail}). It was created with another provider, or is deleted test data. "
            + "No money can be taken with it.")]
    private static partial void LogVanished(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe refuses the payment of order {OrderId}: {Detail}")]
    private static partial void LogRefused(ILogger log, Guid orderId, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe did not change payment {Reference}: {Detail}")]
    private static partial void LogNotChanged(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Stripe rejects an operation on {Reference} that must be possible: {Detail}. Check that Payments__Stripe__ApiKey belongs "
            + "to the account that created it; the request is retried until then.")]
    private static partial void LogUnexpected(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Stripe has seen the idempotency key {Key} with parameters that are not ours. This is a defect, or another shop uses the "
            + "same Stripe account and keys; look the key up in Stripe's request log.")]
    private static partial void LogKeyReused(ILogger log, string key);
}
