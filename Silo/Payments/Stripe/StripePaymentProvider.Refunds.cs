using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Refunds through Stripe.</summary>
internal sealed partial class StripePaymentProvider
{
    /// <summary>
    /// The most attempts, each with a new key, for a refund whose request failed permanently within Stripe without creating it.
    /// </summary>
    private const int MaxGenerations = 3;

    public async Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is { } reason)
            return Refused(command, reason);
        if (IsForgotten(command.AskedAt))
        {
            if (await lookup.FindRefundAsync(command, cancellation) is { } made)
                return StripeObjects.Refund(made);
            // The list does not lag, and no request is in flight after this time: the refund does not exist yet. The new key contains the
            // date, so its age is known.
            return await AskRefundAsync(
                command, $"{command.IdempotencyKey}/day/{time.GetUtcNow().ToUnixTimeSeconds() / 86_400}", cancellation)
                ?? throw StripeCalls.NoAnswer();
        }
        for (var generation = 1; generation <= MaxGenerations; generation++)
        {
            var key = generation == 1 ? command.IdempotencyKey : $"{command.IdempotencyKey}/{generation}";
            if (await AskRefundAsync(command, key, cancellation) is { } answer)
                return answer;
        }
        throw StripeCalls.NoAnswer();
    }

    /// <summary>Requests a refund with a key. Null when it was certainly not created and the key is used up.</summary>
    private async Task<ProviderRefund?> AskRefundAsync(CreateProviderRefund command, string key, CancellationToken cancellation)
    {
        var creation = new RefundCreateOptions
        {
            PaymentIntent = command.Reference,
            Amount = StripeAmount.Of(command.Amount),
            Metadata = Metadata(command.IdempotencyKey, command.OrderId, null),
        };
        var answer = await stripe.SendAsync((s, c) => s.Refunds.CreateAsync(creation, Under(key), c), cancellation);
        if (answer.Value is { } refund)
            return answer.Replayed ? await CurrentRefundAsync(refund.Id, cancellation) : StripeObjects.Refund(refund);
        var fault = answer.Fault!;
        switch (fault.Kind)
        {
            case StripeFaultKind.KeyReused:
                throw Defect(key);
            case StripeFaultKind.Missing when CanVanish(command.Reference):
                LogVanished(log, command.Reference, fault.ToString());
                return Refused(command, "Stripe does not know the payment");
            case StripeFaultKind.Missing:
                throw Unexpected(command.Reference, fault);
            case StripeFaultKind.Kept:
                return await lookup.FindRefundAsync(command, cancellation) is { } made ? StripeObjects.Refund(made)
                    : IsUnknown(key) ? throw StripeCalls.NoAnswer() : null;
            default:
                LogNotChanged(log, command.Reference, fault.ToString());
                return Refused(command, fault.Message ?? fault.Code);
        }
    }

    private async Task<ProviderRefund> CurrentRefundAsync(string refundId, CancellationToken cancellation)
    {
        var answer = await stripe.SendAsync((s, c) => s.Refunds.GetAsync(refundId, null, null, c), cancellation);
        return StripeObjects.Refund(answer.Value ?? throw Unexpected(refundId, answer.Fault!));
    }

    private static ProviderRefund Refused(CreateProviderRefund command, string reason) =>
        new("", ProviderRefundStatus.Failed, command.Amount.Amount, reason, command.IdempotencyKey);
}
