using Microsoft.Extensions.Configuration;
using Npgsql;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Silo.Notifications;
using SoonShop.Silo.Payments;
using SoonShop.Silo.Storage;
using SoonShop.Silo.Streams;
using SoonShop.Users;

namespace SoonShop.Silo;

/// <summary>The whole configuration, read and checked once, before anything starts.</summary>
internal sealed record SiloConfiguration(
    SiloOptions Silo, StorageOptions Storage, StreamsOptions Streams, AccountsOptions Accounts, CheckoutOptions Checkout, EventsOptions Events,
    NotificationsOptions Notifications, NotificationTemplates Templates, PaymentsOptions Payments, NpgsqlConnectionStringBuilder Database)
{
    /// <summary>Where the connection string stands.</summary>
    private const string ConnectionName = "soonshop";

    /// <summary>Reads the configuration; every problem goes into <paramref name="problems"/>, each with what to set.</summary>
    public static SiloConfiguration Read(IConfiguration configuration, List<string> problems)
    {
        var silo = Bind<SiloOptions>(configuration, SiloOptions.Section, problems);
        var storage = Bind<StorageOptions>(configuration, StorageOptions.Section, problems);
        var streams = Bind<StreamsOptions>(configuration, StreamsOptions.Section, problems);
        var accounts = Bind<AccountsOptions>(configuration, AccountsOptions.Section, problems);
        var checkout = Bind<CheckoutOptions>(configuration, CheckoutOptions.Section, problems);
        var events = Bind<EventsOptions>(configuration, EventsOptions.Section, problems);
        var notifications = Bind<NotificationsOptions>(configuration, NotificationsOptions.Section, problems);
        var payments = Bind<PaymentsOptions>(configuration, PaymentsOptions.Section, problems);
        problems.AddRange(silo.Problems());
        problems.AddRange(storage.Problems());
        problems.AddRange(streams.Problems());
        problems.AddRange(accounts.Problems());
        problems.AddRange(checkout.Problems());
        var types = new EventTypes(EventTypes.Assemblies());
        problems.AddRange(events.Problems(types, new EventHandlers(EventTypes.Assemblies(), types)));
        problems.AddRange(notifications.Problems(events.AttemptSeconds));
        problems.AddRange(payments.Problems());
        var templates = NotificationTemplates.Load(notifications, problems);
        return new SiloConfiguration(
            silo, storage, streams, accounts, checkout, events, notifications, templates, payments, ReadDatabase(configuration, silo, problems));
    }

    private static T Bind<T>(IConfiguration configuration, string section, List<string> problems) where T : new()
    {
        var options = new T();
        foreach (var part in configuration.GetSection(section).GetChildren())
        {
            // One by one, so that each value that cannot be read is told of.
            try
            {
                new ConfigurationBuilder().AddInMemoryCollection(part.AsEnumerable().Select(p => KeyValuePair.Create(p.Key[(section.Length + 1)..], p.Value)))
                    .Build().Bind(options, b => b.ErrorOnUnknownConfiguration = true);
            }
            catch (InvalidOperationException e)
            {
                problems.Add($"{part.Path}: {StripeSecrets.Redact((e.InnerException ?? e).Message)} Set {part.Path.Replace(":", "__", StringComparison.Ordinal)}.");
            }
        }
        return options;
    }

    private static NpgsqlConnectionStringBuilder ReadDatabase(IConfiguration configuration, SiloOptions silo, List<string> problems)
    {
        const string Example = "Host=127.0.0.1;Port=5432;Database=soonshop;Username=soonshop;Password=…";
        if (configuration.GetConnectionString(ConnectionName) is not { Length: > 0 } text)
        {
            problems.Add($"ConnectionStrings:{ConnectionName} is not set; set ConnectionStrings__{ConnectionName}, such as {Example}.");
            return [];
        }
        try
        {
            var database = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(database.Host) || string.IsNullOrEmpty(database.Database))
                problems.Add($"ConnectionStrings:{ConnectionName} names no Host or no Database; set it like {Example}.");
            // What the connection string leaves open: a bounded pool, short waits, statements prepared once.
            void Default(string key, object value)
            {
                if (!database.ShouldSerialize(key))
                    database[key] = value;
            }
            Default("Maximum Pool Size", silo.MaxDatabaseConnections);
            Default("Timeout", 5);
            Default("Command Timeout", 8);
            Default("Max Auto Prepare", 64);
            Default("Auto Prepare Min Usages", 3);
            Default("Application Name", "soonshop-silo");
            return database;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            problems.Add($"ConnectionStrings:{ConnectionName} cannot be read ({e.Message}); set it like {Example}.");
            return [];
        }
    }
}
