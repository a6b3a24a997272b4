using Microsoft.Extensions.Configuration;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.Events;
using SoonShop.Imports;
using SoonShop.Media;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Privacy;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Silo.Dashboard;
using SoonShop.Silo.Integrity;
using SoonShop.Silo.Kubernetes;
using SoonShop.Silo.Notifications;
using SoonShop.Silo.Payments;
using SoonShop.Silo.RabbitMq;
using SoonShop.Silo.Storage;
using SoonShop.Silo.Streams;
using SoonShop.Users;

namespace SoonShop.Silo;

/// <summary>The whole configuration, read and checked once, before anything starts.</summary>
internal sealed record SiloConfiguration(
    SiloOptions Silo, StorageOptions Storage, StreamsOptions Streams, AccountsOptions Accounts, CheckoutOptions Checkout,
    ReturnsOptions Returns, DraftOrdersOptions DraftOrders, EventsOptions Events, NotificationsOptions Notifications,
    NotificationTemplates Templates, PaymentsOptions Payments, PrivacyOptions Privacy, IntegrityOptions Integrity, ImportsOptions Imports,
    MediaRetentionOptions MediaRetention, SearchOptions Search, TelemetryOptions Telemetry, DashboardAccessOptions Dashboard,
    ClusterTlsOptions ClusterTls, RabbitMqOptions RabbitMq, NpgsqlConnectionStringBuilder Database)
{
    /// <summary>Reads the configuration; every problem goes into <paramref name="problems"/>, each with what to set.</summary>
    /// <param name="configuration">The original settings.</param>
    /// <param name="problems">Takes the problems.</param>
    /// <param name="providers">The payment providers; the shop's by default.</param>
    public static SiloConfiguration Read(IConfiguration configuration, List<string> problems, PaymentProviders? providers = null)
    {
        providers ??= PaymentProviders.All;
        T Bind<T>(string section, string? formerSection = null) where T : new() =>
            configuration.Bind<T>(section, problems, providers.Redact, formerSection);

        var silo = Bind<SiloOptions>(SiloOptions.Section);
        var storage = Bind<StorageOptions>(StorageOptions.Section);
        var streams = Bind<StreamsOptions>(StreamsOptions.Section);
        var accounts = Bind<AccountsOptions>(AccountsOptions.Section);
        var checkout = Bind<CheckoutOptions>(CheckoutOptions.Section);
        var returns = Bind<ReturnsOptions>(ReturnsOptions.Section);
        var draftOrders = Bind<DraftOrdersOptions>(DraftOrdersOptions.Section);
        var events = Bind<EventsOptions>(EventsOptions.Section);
        var notifications = Bind<NotificationsOptions>(NotificationsOptions.Section);
        var payments = PaymentsOptions.Read(configuration, providers, problems);
        var privacy = Bind<PrivacyOptions>(PrivacyOptions.Section);
        var integrity = Bind<IntegrityOptions>(IntegrityOptions.Section, IntegrityOptions.FormerSection);
        var imports = Bind<ImportsOptions>(ImportsOptions.Section);
        var mediaRetention = Bind<MediaRetentionOptions>(MediaRetentionOptions.Section);
        var search = Bind<SearchOptions>(SearchOptions.Section);
        var telemetry = Bind<TelemetryOptions>(TelemetryOptions.Section);
        var dashboard = Bind<DashboardAccessOptions>(DashboardAccessOptions.Section);
        var clusterTls = Bind<ClusterTlsOptions>(ClusterTlsOptions.Section);
        var rabbitMq = Bind<RabbitMqOptions>(RabbitMqOptions.Section);
        problems.AddRange(silo.Problems());
        problems.AddRange(clusterTls.Problems());
        problems.AddRange(KubernetesHosting.Problems(silo, configuration));
        problems.AddRange(storage.Problems());
        problems.AddRange(streams.Problems());
        problems.AddRange(accounts.Problems());
        problems.AddRange(checkout.Problems());
        problems.AddRange(returns.Problems());
        problems.AddRange(draftOrders.Problems());
        var types = new EventTypes(EventTypes.Assemblies());
        problems.AddRange(events.Problems(types, new EventHandlers(EventTypes.Assemblies(), types)));
        problems.AddRange(notifications.Problems(events.AttemptSeconds));
        problems.AddRange(payments.Problems());
        problems.AddRange(privacy.Problems());
        problems.AddRange(integrity.Problems());
        problems.AddRange(imports.Problems());
        problems.AddRange(mediaRetention.Problems());
        problems.AddRange(search.Problems());
        problems.AddRange(telemetry.Problems());
        problems.AddRange(dashboard.Problems());
        problems.AddRange(rabbitMq.Problems(types));
        var templates = NotificationTemplates.Load(notifications, problems);
        return new SiloConfiguration(
            silo, storage, streams, accounts, checkout, returns, draftOrders, events, notifications, templates, payments, privacy,
            integrity, imports, mediaRetention, search, telemetry, dashboard, clusterTls, rabbitMq,
            ReadDatabase(configuration, silo, problems));
    }

    /// <summary>
    /// A bounded pool, short waits, statements prepared once. Connections go back to the pool as they are: the next user's first statement
    /// would else have six others before it. Whoever changes a session (settings, locks that outlast the transaction, LISTEN) takes that
    /// back before it gives up its connection.
    /// </summary>
    private static NpgsqlConnectionStringBuilder ReadDatabase(IConfiguration configuration, SiloOptions silo, List<string> problems) =>
        configuration.ReadDatabase(
            problems,
            ("Maximum Pool Size", silo.MaxDatabaseConnections), ("Timeout", 5), ("Command Timeout", 8),
            ("Max Auto Prepare", 64), ("Auto Prepare Min Usages", 3), ("No Reset On Close", true), ("Application Name", "soonshop-silo"));
}
