using SoonShop.Events;
using SoonShop.Pricing;

namespace SoonShop.Notifications;

/// <summary>Passes changes of the pricing rules on to the webhook endpoints that want them.</summary>
[GrainType("pricing-rules-webhook"), ImplicitStreamSubscription(ShopStreams.Pricing)]
internal sealed class PricingRulesWebhookGrain(IWebhookEndpoints webhooks) : EventHandlerGrain, IHandle<PricingRulesChanged>
{
    async Task IHandle<PricingRulesChanged>.HandleAsync(PricingRulesChanged e, EventContext context)
    {
        foreach (var id in await webhooks.WantingAsync(context.Event.Type, context.Cancellation))
            await GrainFactory.GetGrain<IWebhookTargetGrain>(id).SendAsync(context.Event);
    }
}
