using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Tells every administrator what is due to be told. Keyed by what it is about.</summary>
[GrainType("alert"), ImplicitStreamSubscription(AlertDue.StreamNamespace)]
internal sealed class AlertGrain(IAdministrators administrators) : EventHandlerGrain, IHandle<AlertDue>
{
    Task IHandle<AlertDue>.HandleAsync(AlertDue e, EventContext context) => administrators.NotifyAsync(GrainFactory, context, e.At, e.Kind, e.Details);
}
