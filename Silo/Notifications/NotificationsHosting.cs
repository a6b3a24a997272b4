using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>Registers notifications. Each channel is registered here.</summary>
internal static class NotificationsHosting
{
    public static IServiceCollection AddNotifications(
        this IServiceCollection services, NotificationsOptions options, NotificationTemplates templates)
    {
        services
            .AddNotificationGrains()
            .AddSingleton(Options.Create(options))
            .AddSingleton(templates)
            .AddSingleton<INotificationTexts>(templates)
            .AddSingleton<IAdministrators, Administrators>()
            .AddSingleton<IMailedSecrets, MailedSecrets>()
            .AddSingleton<IWebhookEndpoints, WebhookEndpoints>()
            .AddSingleton<IEventFilter>(s => WebhookEventFilter.OfNotifications(s.GetRequiredService<IWebhookEndpoints>()))
            .AddSingleton<IEventFilter>(s => WebhookEventFilter.OfStockAlerts(s.GetRequiredService<IWebhookEndpoints>()))
            .AddSingleton<WebhookAttempts>()
            .AddHostedService<WebhookAttemptWriter>()
            .AddSingleton<WebhookDeliveryLog>()
            .AddSingleton<IWebhookDeliveryLog>(s => s.GetRequiredService<WebhookDeliveryLog>())
            .AddSingleton<IWebhookSender, WebhookSender>();
        return options.Email.Mode switch
        {
            EmailMode.Smtp => services.AddSingleton<IMailTransport, SmtpTransport>().AddSingleton<INotificationChannel, EmailChannel>(),
            EmailMode.Directory =>
                services.AddSingleton<IMailTransport, MailDirectory>().AddSingleton<INotificationChannel, EmailChannel>(),
            _ => services.AddHostedService<MailDisabledWarning>(),
        };
    }
}

/// <summary>Warns at start when e-mail is off, so that operators learn it from the log and not from customers.</summary>
internal sealed partial class MailDisabledWarning(ILogger<MailDisabledWarning> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        LogOff(log);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "E-mail is off: customers get no receipts and cannot reset passwords. "
            + "Set Notifications__Email__Mode to Smtp, with Notifications__Email__From and Notifications__Email__Smtp__Host.")]
    private static partial void LogOff(ILogger log);
}
