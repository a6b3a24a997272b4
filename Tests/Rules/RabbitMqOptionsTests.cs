using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Privacy;
using SoonShop.Silo.RabbitMq;

namespace SoonShop.Tests.Rules;

public sealed class RabbitMqOptionsTests
{
    private static readonly EventTypes Types = new(EventTypes.Assemblies());

    [Fact]
    public void without_an_address_it_is_off_and_nothing_is_wrong()
    {
        Assert.False(new RabbitMqOptions().IsOn);
        Assert.Empty(new RabbitMqOptions().Problems(Types));
    }

    [Fact]
    public void every_problem_is_told_at_once_and_none_tells_the_password()
    {
        var options = new RabbitMqOptions
        {
            Uri = "http://soonshop:s3cret@broker/",
            AuthorityPath = "/nowhere/ca.pem",
            Exchange = "amq.topic",
            InboxQueue = "one",
            RejectedQueue = "one",
            EventTypes = ["order.*", "order.unheard-of"],
            BatchSize = 0,
            Prefetch = 100_000,
            ConfirmSeconds = double.NaN,
            LeaseSeconds = 5,
            KeepUnsentDays = -1,
        };
        var problems = options.Problems(Types).ToArray();
        Assert.All(
            (string[])[
                "Uri", "AuthorityPath", "Exchange", "RejectedQueue", "EventTypes", "BatchSize", "Prefetch", "ConfirmSeconds",
                "KeepUnsentDays"],
            name => Assert.Contains(problems, p => p.Contains($"RabbitMq__{name}", StringComparison.Ordinal)));
        Assert.Contains(new RabbitMqOptions { Uri = "amqp://b/", LeaseSeconds = 15 }.Problems(Types), p =>
            p.Contains("RabbitMq__LeaseSeconds", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, p => p.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public void by_default_the_types_of_webhooks_and_of_products_are_published()
    {
        var selection = new EventSelection(new RabbitMqOptions(), Types);
        var published = Types.All.Select(t => t.Key).Where(selection.Includes).ToHashSet();
        Assert.Superset(WebhookEvents.All.ToHashSet(), published);
        Assert.Equal(
            published,
            [.. WebhookEvents.All, .. Types.All.Select(t => t.Key).Where(t => t.StartsWith("product.", StringComparison.Ordinal))]);
    }

    [Fact]
    public void what_other_systems_sent_is_published_only_by_its_full_name()
    {
        var all = new EventSelection(new RabbitMqOptions { EventTypes = ["*"] }, Types);
        Assert.True(all.Includes("order.confirmed") && !all.Includes("erp.stock.adjusted"));
        Assert.True(new EventSelection(new RabbitMqOptions { EventTypes = ["erp.stock.adjusted"] }, Types).Includes("erp.stock.adjusted"));
    }

    [Fact]
    public void a_type_of_a_newer_version_is_known_as_such()
    {
        var selection = new EventSelection(new RabbitMqOptions { EventTypes = ["order.*"] }, Types);
        Assert.True(selection.IsNewer("order.teleported"));
        Assert.False(selection.IsNewer("order.confirmed") || selection.IsNewer("cart.teleported"));
    }

    /// <summary>Names of texts that hold personal data wherever they stand.</summary>
    private static readonly string[] PersonalNames =
    [
        "email", "newEmail", "formerEmail", "rejectedEmail", "token", "to", "trackingNumber", "address", "phone", "ipAddress", "userAgent",
    ];

    /// <summary>
    /// Whoever adds an event decides what of it is personal; a text with such a name that is not marked is an oversight. Entries of the
    /// audit log are not in the event table, and keep who acted from where.
    /// </summary>
    [Fact]
    public void every_member_with_the_name_of_personal_data_is_marked_in_every_event_type()
    {
        var texts = Types.All.Where(t => t.Key != "audit.recorded").SelectMany(t => MembersOf(t.Value, t.Key, []))
            .Where(
                m => m.Property.PropertyType == typeof(string) && PersonalNames.Contains(m.Property.Name, StringComparer.OrdinalIgnoreCase))
            .ToList();
        Assert.True(texts.Count > 10, "the events were not read");
        Assert.Empty(texts.Where(m => !m.Property.IsDefined(typeof(PersonalAttribute), inherit: true)).Select(m => m.Path));
    }

    private static IEnumerable<(System.Reflection.PropertyInfo Property, string Path)> MembersOf(Type type, string path, HashSet<Type> seen)
    {
        if (type.Namespace?.StartsWith("SoonShop", StringComparison.Ordinal) != true || type.IsEnum || !seen.Add(type))
            yield break;
        foreach (var property in type.GetProperties())
        {
            yield return (property, $"{path}.{property.Name}");
            if (property.IsDefined(typeof(PersonalAttribute), inherit: true))
                continue;
            var inner = property.PropertyType.IsGenericType ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
            foreach (var member in MembersOf(inner, $"{path}.{property.Name}", seen))
                yield return member;
        }
    }
}
