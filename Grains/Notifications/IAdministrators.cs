using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Finds those who are told how the shop fares.</summary>
public interface IAdministrators
{
    /// <summary>The ids of the users with the role, at most <see cref="MaxNotified"/>.</summary>
    Task<ImmutableArray<Guid>> ListAsync(CancellationToken cancellation);

    /// <summary>The most administrators who are told.</summary>
    const int MaxNotified = 100;
}

/// <summary>Telling them.</summary>
internal static class AdministratorsExtensions
{
    /// <summary>Tells every administrator. Idempotent by event.</summary>
    public static async Task NotifyAsync(
        this IAdministrators administrators, IGrainFactory grains, EventContext context, DateTimeOffset at, NotificationKind kind, NotificationDetails details)
    {
        var told = await administrators.ListAsync(context.Cancellation);
        await Task.WhenAll(told.Select(id => grains.GetGrain<INotificationGrain>(id).NotifyAsync(context.EventId, at, kind, details)));
    }
}
