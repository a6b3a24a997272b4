using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Notifications;

/// <summary>
/// Skips events that handlers only forward to webhook endpoints, while no endpoint wants them. That saves two events of nearly every
/// checkout in nearly all shops.
/// </summary>
public sealed class WebhookEventFilter : IEventFilter
{
    private readonly IWebhookEndpoints webhooks;
    private readonly ImmutableArray<string> types;

    private WebhookEventFilter(string handler, ImmutableArray<string> types, IWebhookEndpoints webhooks) =>
        (Handler, this.types, this.webhooks) = (handler, types, webhooks);

    /// <inheritdoc/>
    public string Handler { get; }

    /// <summary>Creates the filter for customers' notifications.</summary>
    public static WebhookEventFilter OfNotifications(IWebhookEndpoints webhooks) => new(
        NotificationGrain.Handler,
        [EventTypes.NameOf<OrderPlaced>(), EventTypes.NameOf<PaymentAuthorized>(), EventTypes.NameOf<PaymentCaptured>(),
         EventTypes.NameOf<PaymentRefunded>()],
        webhooks);

    /// <summary>Creates the filter for stock alerts.</summary>
    public static WebhookEventFilter OfStockAlerts(IWebhookEndpoints webhooks) =>
        new(StockAlertGrain.Handler, [EventTypes.NameOf<InventoryBackInStock>()], webhooks);

    /// <inheritdoc/>
    public async ValueTask<bool> WantsAsync(CloudEvent e, CancellationToken cancellation) =>
        !types.Contains(e.Type) || (await webhooks.WantingAsync(e.Type, cancellation)).Length > 0;
}
