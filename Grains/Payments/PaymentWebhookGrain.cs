using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

[StatelessWorker, Reentrant]
internal sealed class PaymentWebhookGrain(
    IPaymentProviderInfo provider, IEnumerable<IPaymentWebhooks> webhooks, IEventInbox inbox, PaymentMetrics metrics, TimeProvider time)
    : Grain, IPaymentWebhookGrain
{
    /// <summary>The source of the provider's updates.</summary>
    private const string Source = "/payment-provider";

    Task<Result<Done>> IPaymentWebhookGrain.AcceptAsync(byte[] body, string signature) =>
        ReceiveAsync(new ProviderWebhook("stripe", body, new Dictionary<string, string> { ["stripe-signature"] = signature }));

    Task<Result<Done>> IPaymentWebhookGrain.ReceiveAsync(ProviderWebhook webhook) => ReceiveAsync(webhook);

    private async Task<Result<Done>> ReceiveAsync(ProviderWebhook webhook)
    {
        if (!webhook.Provider.Equals(provider.Name, StringComparison.OrdinalIgnoreCase) || webhooks.FirstOrDefault() is not { } port)
            return Error.NotFound("not-found.webhook", "The webhook was not found.");
        var reading = port.Read(webhook);
        if (reading.Error is { } error)
        {
            metrics.WebhookReceived("refused");
            return error;
        }
        if (reading.Update is not { } update)
        {
            metrics.WebhookReceived("ignored");
            return default(Done);
        }
        var isNew = await inbox.AcceptAsync(new EventEnvelope(
            $"{Source}#{update.UpdateId}", Source, 0, update.Type, update.Reference, PaymentUpdate.StreamNamespace, update.Reference,
            time.GetUtcNow(), null, RequestContext.Get(RequestKeys.CorrelationId) as string, update.UpdateId, EventTraces.Parent, update));
        metrics.WebhookReceived(isNew ? "accepted" : "duplicate");
        return default(Done);
    }
}
