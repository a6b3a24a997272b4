using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>Hosting of notifications. A channel more is a line more here.</summary>
internal static class NotificationsHosting
{
    public static IServiceCollection AddNotifications(this IServiceCollection services, NotificationsOptions options, NotificationTemplates templates)
    {
        services
            .AddSingleton(Options.Create(options))
            .AddSingleton(templates)
            .AddSingleton<INotificationTexts>(templates)
            .AddSingleton<IAdministrators, Administrators>()
            .AddSingleton<IMailedSecrets, MailedSecrets>()
            .AddSingleton<IWebhookEndpoints, WebhookEndpoints>()
            .AddSingleton<IWebhookSender, WebhookSender>();
        return options.Email.Mode switch
        {
            EmailMode.Smtp => services.AddSingleton<IMailTransport, SmtpTransport>().AddSingleton<INotificationChannel, EmailChannel>(),
            EmailMode.Directory => services.AddSingleton<IMailTransport, MailDirectory>().AddSingleton<INotificationChannel, EmailChannel>(),
            _ => services,
        };
    }
}
