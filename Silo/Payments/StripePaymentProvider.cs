using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Payments through Stripe: a payment is a PaymentIntent, created and confirmed in one request. Amounts are checked before anything is
/// sent; an answer that Stripe had kept under a key is old news, so the payment is asked for how it stands.
/// </summary>
internal sealed partial class StripePaymentProvider(
    StripeCalls stripe, StripeLookup lookup, IOptions<PaymentsOptions> payments, TimeProvider time, ILogger<StripePaymentProvider> log)
    : IPaymentProvider
{
    /// <summary>The most keys of failed requests that are remembered.</summary>
    private const int MaxFailed = 10_000;

    /// <summary>When a key was first met whose request failed within Stripe.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> failed = new();
    private readonly StripeOptions options = payments.Value.Stripe;
    private readonly string captureMethod = payments.Value.Capture == CaptureMode.Manual ? "manual" : "automatic";

    public bool IsAvailable => stripe.IsAvailable;

    public async Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is { } reason)
            return NotMade(ProviderPaymentStatus.Declined, reason);
        if (IsForgotten(command.AskedAt))
            return await FindAsync(command, cancellation) ?? NotMade(ProviderPaymentStatus.Cancelled);
        return await AskAsync(command, cancellation) ?? await FindVoidedAsync(command, cancellation) ?? await FindAsync(command, cancellation)
            ?? throw Defect(command.IdempotencyKey);
    }

    public async Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is not null)
            return NotMade(ProviderPaymentStatus.Cancelled);
        if (IsForgotten(command.AskedAt))
            return await FindAsync(command, cancellation) ?? NotMade(ProviderPaymentStatus.Cancelled);
        // If Stripe has seen the key, asking again is only told what came of it.
        return await FindVoidedAsync(command, cancellation) ?? await AskAsync(command, cancellation) ?? await FindAsync(command, cancellation)
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
            Refunds = [.. (await lookup.RefundsAsync(reference, cancellation)).Where(r => !StripeObjects.IsRelease(r, intent)).Select(StripeObjects.Refund)],
            Dispute = intent.LatestCharge?.Disputed == true ? await DisputeAsync(reference, cancellation) : null,
        };
    }

    public Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation) => ChangeAsync(
        reference, idempotencyKey, (s, key, c) => s.PaymentIntents.CancelAsync(reference, null, key, c),
        status => status is ProviderPaymentStatus.RequiresAction or ProviderPaymentStatus.Declined or ProviderPaymentStatus.Authorized, cancellation);

    public Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation)
    {
        var part = new PaymentIntentCaptureOptions { AmountToCapture = StripeAmount.Of(amount) };
        return ChangeAsync(
            reference, idempotencyKey, (s, key, c) => s.PaymentIntents.CaptureAsync(reference, part, key, c),
            status => status == ProviderPaymentStatus.Authorized, cancellation);
    }

    /// <summary>
    /// Asks for the payment under its key: the first time to make it, and to be told what came of it later. Null when the key was used up
    /// by a withdrawal.
    /// </summary>
    private async Task<ProviderPayment?> AskAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        var creation = Creation(command);
        var answer = await stripe.SendAsync((s, c) => s.PaymentIntents.CreateAsync(creation, Under(command.IdempotencyKey), c), cancellation);
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
    /// Uses the key up for a payment that is never confirmed, so that no request under it that is still on its way can take anything.
    /// Null when the key is used already, by the creation.
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
        var answer = await stripe.SendAsync((s, c) => s.PaymentIntents.CreateAsync(instead, Under(command.IdempotencyKey), c), cancellation);
        if (answer.Value is { } intent)
            return await EndAsync(intent, command.IdempotencyKey, cancellation);
        return answer.Fault!.Kind switch
        {
            StripeFaultKind.KeyReused => null,
            // Kept, or refused as it is: either tells nothing of the creation, whose key this one has not used up.
            _ => await FindLateAsync(command, cancellation),
        };
    }

    /// <summary>
    /// The payment under a key whose first request failed within Stripe: asking under it is told so for ever, whether it took money or not.
    /// </summary>
    private async Task<ProviderPayment> FindLateAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        await FindAsync(command, cancellation) ?? (IsUnknown(command.IdempotencyKey) ? throw StripeCalls.NoAnswer() : NotMade(ProviderPaymentStatus.Cancelled));

    /// <summary>How the payment under a key stands; null when there is none.</summary>
    private async Task<ProviderPayment?> FindAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        if (await lookup.FindPaymentAsync(command, cancellation) is not { } intent)
            return null;
        return StripeObjects.IsVoid(intent)
            ? await EndAsync(intent, command.IdempotencyKey, cancellation)
            : await CurrentAsync(intent.Id, cancellation);
    }

    /// <summary>Cancels what was made to use a key up.</summary>
    private async Task<ProviderPayment> EndAsync(PaymentIntent intent, string key, CancellationToken cancellation) => intent.Status == "canceled"
        ? StripeObjects.Payment(intent)
        : await CancelAsync(intent.Id, $"{key}/withdraw", cancellation);

    /// <summary>
    /// Changes a payment in a way that can happen once only, whatever the key: it is captured or cancelled from one state into another.
    /// When Stripe does not do it, the answer is how the payment stands.
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
        // The refusal that was kept is about a state that has passed. What can happen only once may be asked under another key.
        var again = $"{key}/{time.GetUtcNow().ToUnixTimeSeconds() / 60}";
        var second = await stripe.SendAsync((s, c) => change(s, Under(again), c), cancellation);
        return second is { Value: { } changed, Replayed: false } ? StripeObjects.Payment(changed) : await CurrentAsync(reference, cancellation);
    }

    /// <summary>How a payment stands that Stripe has just told of.</summary>
    private async Task<ProviderPayment> CurrentAsync(string reference, CancellationToken cancellation) =>
        await RetrieveAsync(reference, cancellation) ?? throw StripeCalls.NoAnswer();

    /// <summary>The dispute that counts: the one that is not decided, or else the latest.</summary>
    private async Task<ProviderDispute?> DisputeAsync(string reference, CancellationToken cancellation)
    {
        var ofPayment = new DisputeListOptions { PaymentIntent = reference, Limit = 10 };
        var answer = await stripe.SendAsync((s, c) => s.Disputes.ListAsync(ofPayment, null, c), cancellation);
        var disputes = (answer.Value ?? throw Unexpected(reference, answer.Fault!)).Data.OrderByDescending(d => d.Created).Select(StripeObjects.Dispute).ToArray();
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

    /// <summary>What the dashboard allows, but for methods that send the customer to another site.</summary>
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
    /// True while what a request has done that failed may still come to light: from when this process first met the failure, which is never
    /// before it happened. One that does not remember waits anew.
    /// </summary>
    private bool IsUnknown(string key)
    {
        if (failed.Count >= MaxFailed)
            failed.Clear();
        var now = time.GetUtcNow();
        return now - failed.GetOrAdd(key, now) < TimeSpan.FromSeconds(options.UnknownOutcomeSeconds);
    }

    private static ProviderPayment NotMade(ProviderPaymentStatus status, string? declineCode = null) => new(null, status, null, declineCode);

    private UnavailableException Unexpected(string reference, StripeFault fault)
    {
        LogUnexpected(log, reference, fault.ToString());
        return StripeCalls.NoAnswer();
    }

    /// <summary>
    /// True for a payment that may be unknown for good: another provider's, or one of test mode, whose data can be deleted in the dashboard
    /// (docs.stripe.com/test-mode). Of a live one it means that the key is another account's.
    /// </summary>
    private bool CanVanish(string reference) => !reference.StartsWith("pi_", StringComparison.Ordinal) || !StripeSecrets.IsLive(options.ApiKey);

    private UnavailableException Defect(string key)
    {
        LogKeyReused(log, key);
        return StripeCalls.NoAnswer();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Stripe knows no payment {Reference} ({Detail}): it was made with another provider, or is test data that was deleted. Nothing can be taken under it.")]
    private static partial void LogVanished(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe refuses the payment of order {OrderId}: {Detail}")]
    private static partial void LogRefused(ILogger log, Guid orderId, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stripe did not change payment {Reference}: {Detail}")]
    private static partial void LogNotChanged(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Stripe refuses what must be possible for {Reference}: {Detail}. Check that Payments__Stripe__ApiKey is of the account that made it; it is asked again until then.")]
    private static partial void LogUnexpected(ILogger log, string reference, string detail);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Stripe has seen the idempotency key {Key} with parameters that are not ours. This is a defect, or another shop uses the same Stripe account and keys; look the key up in Stripe's request log.")]
    private static partial void LogKeyReused(ILogger log, string key);
}
