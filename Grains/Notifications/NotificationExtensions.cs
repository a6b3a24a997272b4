using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.Notifications;

/// <summary>Registers notifications.</summary>
public static class NotificationExtensions
{
    /// <summary>
    /// Adds what the notification grains share, except for <see cref="INotificationChannel"/>s, <see cref="INotificationTexts"/>,
    /// <see cref="IAdministrators"/>, <see cref="IMailedSecrets"/>, <see cref="IWebhookEndpoints"/>, <see cref="IWebhookSender"/> and
    /// <see cref="NotificationsOptions"/>.
    /// </summary>
    public static IServiceCollection AddNotificationGrains(this IServiceCollection services) => services
        .AddSingleton<UnprovenMailLimit>()
        .AddSingleton<GuestMail>();
}
