using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Refunds through Stripe.</summary>
internal sealed partial class StripePaymentProvider
{
    /// <summary>How often a refund is begun anew whose request failed for good within Stripe, and that certainly was not made.</summary>
    private const int MaxGenerations = 3;

    public async Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation)
    {
        if (StripeAmount.Check(command.Amount) is { } reason)
            return Refused(command, reason);
        if (IsForgotten(command.AskedAt))
        {
            if (await lookup.FindRefundAsync(command, cancellation) is { } made)
                return StripeObjects.Refund(made);
            // The list is never behind, and nothing asked that long ago is still on its way: the refund is yet to be made. This key's age is known.
            return await AskRefundAsync(command, $"{command.IdempotencyKey}/day/{time.GetUtcNow().ToUnixTimeSeconds() / 86_400}", cancellation)
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

    /// <summary>Asks for a refund under a key. Null when it was certainly not made, and the key is of no use any more.</summary>
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
