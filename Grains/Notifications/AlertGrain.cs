using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Sends an alert to every administrator. Keyed by the alert's subject.</summary>
[GrainType("alert"), ImplicitStreamSubscription(AlertDue.StreamNamespace)]
internal sealed class AlertGrain(IAdministrators administrators) : EventHandlerGrain, IHandle<AlertDue>
{
    Task IHandle<AlertDue>.HandleAsync(AlertDue e, EventContext context) =>
        administrators.NotifyAsync(GrainFactory, context, e.At, e.Kind, e.Details);
}
