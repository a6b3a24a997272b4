using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Notifications;

/// <summary>A silo that writes its mail into a folder.</summary>
public sealed class NotifyingSilo : InProcessSilo
{
    private readonly string folder = Directory.CreateTempSubdirectory("soonshop-mail").FullName;

    protected override Dictionary<string, string?> Settings => new()
    {
        ["Notifications:Email:Mode"] = "Directory",
        ["Notifications:Email:Directory"] = folder,
        ["Notifications:Email:From"] = "shop@example.com",
        ["Notifications:Webhooks:AllowPrivateAddresses"] = "true",
        ["Notifications:Webhooks:DisableAfterFailures"] = "3",
        ["Notifications:Webhooks:DisableAfterMinutes"] = "0",
    };

    /// <summary>Brings an event to a handler, as the stream or a retry does.</summary>
    internal Task<AttemptResult> HandleAsync(string handler, string key, CloudEvent e, int attempt = 1) =>
        Grains.GetGrain(GrainId.Create(handler, key)).AsReference<IEventHandler>().RetryAsync(e, attempt);

    /// <summary>An event as it comes from the event table.</summary>
    internal static CloudEvent Event(string key, IShopEvent e, string? id = null) => new(
        id ?? $"/test/{Guid.NewGuid():N}#1", "/test", 1, e.Type, key, e.Stream?.Namespace ?? "test", e.Stream?.Key ?? key,
        DateTimeOffset.UtcNow, null, null, null, null, JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), StateJson.Options));

    /// <summary>The events of a type on the stream of a key, as they stand in the event table, oldest first.</summary>
    internal async Task<CloudEvent[]> CommittedAsync(string streamNamespace, string type, string keyLike)
    {
        await using var command = Database.CreateCommand(
            "select id, source, sequence, type, subject, stream_namespace, stream_key, time, data::text from event where stream_namespace "
                + "= $1 and type = $2 and stream_key like $3 order by position");
        foreach (var value in (string[])[streamNamespace, type, keyLike])
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<CloudEvent>();
        while (await reader.ReadAsync())
        {
            events.Add(new CloudEvent(
                reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.GetString(6), reader.GetFieldValue<DateTimeOffset>(7), null, null, null, null,
                System.Text.Encoding.UTF8.GetBytes(reader.GetString(8))));
        }
        return [.. events];
    }

    /// <summary>The mails to an address.</summary>
    internal MimeMessage[] MailsTo(string address) =>
        [.. Directory.EnumerateFiles(folder, "*.eml").Select(f => MimeMessage.Load(f)).Where(m =>
            m.To.Mailboxes.Any(b => b.Address == address))];

    /// <summary>A new account, whose own events are handled: it is welcomed, and has the mail with its token.</summary>
    internal async Task<User> RegisterAsync(bool admin = false)
    {
        var user = (await Grains.GetGrain<IUserGrain>(Guid.NewGuid()).RegisterAsync(
            new RegisterUser($"{Guid.NewGuid():N}@example.com", "correct horse", "Ada", admin))).Value!.User;
        await Until.TrueAsync("the account is welcomed", Limit, async () =>
            (await Inbox(user.Id).ListAsync(false, new PageRequest())).Value!.Items.Length == 1 && MailsTo(user.Email).Length == 1);
        return user;
    }

    /// <summary>Waits for the mail to an address that has this subject, which must be the only one.</summary>
    internal async Task<MimeMessage> MailAsync(string address, string subject)
    {
        MimeMessage[] mails = [];
        await Until.TrueAsync($"the mail '{subject}' is there", Limit, () =>
            Task.FromResult((mails = [.. MailsTo(address).Where(m => m.Subject == subject)]).Length > 0));
        return Assert.Single(mails);
    }

    /// <summary>How long anything may take.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the silo knows that no endpoint, which another test may have made, wants an event.</summary>
    internal Task UntilNobodyWantsAsync(string eventType) => Until.TrueAsync($"nobody wants {eventType}", Limit, async () =>
        (await WebhookEndpoints.WantingAsync(eventType, CancellationToken.None)).IsEmpty);

    internal IWebhookEndpoints WebhookEndpoints => Services.GetRequiredService<IWebhookEndpoints>();

    internal INotificationGrain Inbox(Guid user) => Grains.GetGrain<INotificationGrain>(user);
}

/// <summary>The tests of this collection share a silo.</summary>
[CollectionDefinition(nameof(NotifyingSilo))]
public sealed class NotifyingSiloCollection : ICollectionFixture<NotifyingSilo>;
