using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.Notifications;

/// <summary>Hosting of notifications.</summary>
public static class NotificationExtensions
{
    /// <summary>
    /// What the grains of notifications share, except for <see cref="INotificationChannel"/>s, <see cref="INotificationTexts"/>,
    /// <see cref="IAdministrators"/>, <see cref="IMailedSecrets"/>, <see cref="IWebhookEndpoints"/>, <see cref="IWebhookSender"/> and
    /// <see cref="NotificationsOptions"/>.
    /// </summary>
    public static IServiceCollection AddNotificationGrains(this IServiceCollection services) => services
        .AddSingleton<UnprovenMailLimit>()
        .AddSingleton<GuestMail>();
}
