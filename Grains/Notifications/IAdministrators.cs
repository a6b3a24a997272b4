using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Finds the administrators who are notified about the shop.</summary>
public interface IAdministrators
{
    /// <summary>Returns the ids of the users with the role, at most <see cref="MaxNotified"/>.</summary>
    Task<ImmutableArray<Guid>> ListAsync(CancellationToken cancellation);

    /// <summary>The most administrators who are notified.</summary>
    const int MaxNotified = 100;
}

/// <summary>Notifies administrators.</summary>
internal static class AdministratorsExtensions
{
    /// <summary>Notifies every administrator. Idempotent by event.</summary>
    public static async Task NotifyAsync(
        this IAdministrators administrators, IGrainFactory grains, EventContext context, DateTimeOffset at, NotificationKind kind,
        NotificationDetails details)
    {
        var told = await administrators.ListAsync(context.Cancellation);
        await Task.WhenAll(told.Select(id => grains.GetGrain<INotificationGrain>(id).NotifyAsync(context.EventId, at, kind, details)));
    }
}
