using SoonShop.Events;
using SoonShop.Inventory;

namespace SoonShop.Notifications;

/// <summary>Alerts every administrator, and the webhook endpoints that want the event, when stock is low or out. Keyed by SKU.</summary>
[GrainType(StockAlertGrain.Handler), ImplicitStreamSubscription(ShopStreams.Inventory)]
internal sealed class StockAlertGrain(IAdministrators administrators, IWebhookEndpoints webhooks)
    : EventHandlerGrain, IHandle<InventoryLowStock>, IHandle<InventoryOutOfStock>, IHandle<InventoryBackInStock>
{
    /// <summary>The grain type.</summary>
    public const string Handler = "stock-alert";

    Task IHandle<InventoryLowStock>.HandleAsync(InventoryLowStock e, EventContext context) => NotifyAsync(
        context, NotificationKind.LowStock,
        new NotificationDetails { Sku = e.Sku, Location = e.Location, Available = e.Available, Threshold = e.Threshold });

    Task IHandle<InventoryOutOfStock>.HandleAsync(InventoryOutOfStock e, EventContext context) => NotifyAsync(
        context, NotificationKind.OutOfStock, new NotificationDetails { Sku = e.Sku, Location = e.Location, Available = 0 });

    Task IHandle<InventoryBackInStock>.HandleAsync(InventoryBackInStock e, EventContext context) => PublishAsync(context);

    private async Task NotifyAsync(EventContext context, NotificationKind kind, NotificationDetails details)
    {
        await PublishAsync(context);
        await administrators.NotifyAsync(GrainFactory, context, context.Event.Time, kind, details);
    }

    private async Task PublishAsync(EventContext context)
    {
        foreach (var id in await webhooks.WantingAsync(context.Event.Type, context.Cancellation))
            await GrainFactory.GetGrain<IWebhookTargetGrain>(id).SendAsync(context.Event);
    }
}
