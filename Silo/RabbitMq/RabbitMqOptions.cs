using SoonShop.Events;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// Configuration section <c>RabbitMq</c>: the broker through which other systems receive the shop's events and send events to the shop.
/// Messages about these settings never contain the password.
/// </summary>
public sealed class RabbitMqOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RabbitMq";

    /// <summary>
    /// The broker, <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps://…</c> for TLS. Empty turns RabbitMQ off.
    /// </summary>
    public string Uri { get; set; } = "";

    /// <summary>The user's name; takes precedence over the one in <c>RabbitMq:Uri</c>.</summary>
    public string UserName { get; set; } = "";

    /// <summary>The password; takes precedence over the one in <c>RabbitMq:Uri</c>.</summary>
    public string Password { get; set; } = "";

    /// <summary>
    /// With <c>amqps</c>: the authorities whose certificates are accepted (PEM). Empty for those that this machine trusts.
    /// </summary>
    public string AuthorityPath { get; set; } = "";

    /// <summary>The topic exchange to which events are published, with the event's type as routing key.</summary>
    public string Exchange { get; set; } = "soonshop.events";

    /// <summary>The alternate exchange, and its queue, for events that no queue takes.</summary>
    public string UnroutedQueue { get; set; } = "soonshop.unrouted";

    /// <summary>The queue from which the shop takes events of other systems.</summary>
    public string InboxQueue { get; set; } = "soonshop.inbox";

    /// <summary>The queue for messages of the inbox that the shop cannot read.</summary>
    public string RejectedQueue { get; set; } = "soonshop.inbox.rejected";

    /// <summary>
    /// Declares exchanges and queues at each connection. With <c>false</c>, they must exist, and the user needs no right to configure.
    /// </summary>
    public bool DeclareTopology { get; set; } = true;

    /// <summary>
    /// The event types to publish, each a type such as <c>order.confirmed</c> or a prefix such as <c>order.*</c>. Default: the types that
    /// webhooks can receive, and <c>product.*</c>.
    /// </summary>
    public List<string> EventTypes { get; set; } = [];

    /// <summary>Publishes personal data, too. Without it, the members of an event that hold personal data are left out.</summary>
    public bool IncludePersonalData { get; set; }

    /// <summary>The maximum number of events that are sent before their confirms are awaited.</summary>
    public int BatchSize { get; set; } = 1000;

    /// <summary>The maximum number of messages of the inbox that a silo holds without having acknowledged them.</summary>
    public int Prefetch { get; set; } = 200;

    /// <summary>The maximum number of bytes of a message of the inbox. Larger ones are rejected.</summary>
    public int MaxMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>The maximum number of messages in the queue of unrouted events; the oldest are dropped first.</summary>
    public int MaxUnrouted { get; set; } = 100_000;

    /// <summary>The time limit of a connection attempt, in seconds.</summary>
    public double ConnectSeconds { get; set; } = 10;

    /// <summary>
    /// The time limit for the broker's confirms of a batch, in seconds. After that, the connection is given up and the batch is sent again.
    /// </summary>
    public double ConfirmSeconds { get; set; } = 10;

    /// <summary>
    /// How long after its death the publishing silo is replaced by another one, in seconds. Longer than a connection attempt and a batch.
    /// </summary>
    public double LeaseSeconds { get; set; } = 25;

    /// <summary>How often the event table is read when there was nothing new, in milliseconds.</summary>
    public int PollMilliseconds { get; set; } = 200;

    /// <summary>The longest pause between two connection attempts, in seconds. Pauses begin at 0.5 and double, with jitter.</summary>
    public double MaxBackoffSeconds { get; set; } = 30;

    /// <summary>
    /// How long events that were not sent are kept after the last silo with RabbitMQ turned on has stopped, in days. While one runs, they
    /// are kept without limit.
    /// </summary>
    public int KeepUnsentDays { get; set; } = 7;

    /// <summary>True when RabbitMQ is used.</summary>
    public bool IsOn => Uri.Length > 0;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    /// <param name="types">The event types of this version.</param>
    public IEnumerable<string> Problems(EventTypes types)
    {
        if (!IsOn)
            yield break;
        if (!System.Uri.TryCreate(Uri, UriKind.Absolute, out var address) || address is not { Scheme: "amqp" or "amqps", Host.Length: > 0 })
        {
            yield return "RabbitMq:Uri is not a broker's address; set RabbitMq__Uri to one such as "
                + "amqps://soonshop:password@rabbitmq.example/, or to nothing.";
        }
        else if (AuthorityPath.Length > 0 && address.Scheme == "amqp")
        {
            yield return "RabbitMq:AuthorityPath is set, and RabbitMq:Uri is without TLS; set RabbitMq__Uri to an amqps address.";
        }
        if (AuthorityPath.Length > 0 && BrokerCertificates.Problem(AuthorityPath) is { } problem)
            yield return $"RabbitMq:AuthorityPath {problem}; set RabbitMq__AuthorityPath to a PEM file.";
        foreach (var (name, value) in Names())
        {
            if (value.Length is < 1 or > 200 || value.StartsWith("amq.", StringComparison.Ordinal))
                yield return $"RabbitMq:{name} is '{value}'; set RabbitMq__{name} to 1–200 characters that do not begin with amq.";
        }
        if (Names().Skip(1).Select(n => n.Value).Distinct().Count() < 3)
        {
            yield return "RabbitMq:UnroutedQueue, InboxQueue and RejectedQueue must differ; "
                + "set RabbitMq__UnroutedQueue, RabbitMq__InboxQueue or RabbitMq__RejectedQueue.";
        }
        else if (Exchange == UnroutedQueue)
        {
            yield return "RabbitMq:Exchange and RabbitMq:UnroutedQueue are the same; set RabbitMq__UnroutedQueue to another name.";
        }
        foreach (var pattern in EventTypes.Where(p => !types.All.Any(t => EventSelection.Matches(p, t.Key))))
        {
            yield return $"RabbitMq:EventTypes has '{pattern}', which matches no event type; "
                + "set RabbitMq__EventTypes__0 … to types such as order.confirmed, or order.*.";
        }
        foreach (var (name, value, min, max) in Limits())
        {
            if (!(value >= min && value <= max))
                yield return $"RabbitMq:{name} is {value}; set RabbitMq__{name} to {min}–{max}.";
        }
        if (LeaseSeconds < Math.Max(ConnectSeconds, ConfirmSeconds) * 2)
        {
            yield return $"RabbitMq:LeaseSeconds is {LeaseSeconds}; "
                + "set RabbitMq__LeaseSeconds to at least twice RabbitMq:ConnectSeconds and RabbitMq:ConfirmSeconds.";
        }
    }

    private IEnumerable<(string Name, string Value)> Names() =>
    [
        (nameof(Exchange), Exchange), (nameof(UnroutedQueue), UnroutedQueue), (nameof(InboxQueue), InboxQueue),
        (nameof(RejectedQueue), RejectedQueue),
    ];

    private IEnumerable<(string Name, double Value, double Min, double Max)> Limits() =>
    [
        (nameof(BatchSize), BatchSize, 1, 10_000),
        (nameof(Prefetch), Prefetch, 1, 10_000),
        (nameof(MaxMessageBytes), MaxMessageBytes, 1024, 16 * 1024 * 1024),
        (nameof(MaxUnrouted), MaxUnrouted, 1, 100_000_000),
        (nameof(ConnectSeconds), ConnectSeconds, 0.5, 60),
        (nameof(ConfirmSeconds), ConfirmSeconds, 0.5, 60),
        (nameof(LeaseSeconds), LeaseSeconds, 2, 600),
        (nameof(PollMilliseconds), PollMilliseconds, 10, 10_000),
        (nameof(MaxBackoffSeconds), MaxBackoffSeconds, 0.5, 600),
        (nameof(KeepUnsentDays), KeepUnsentDays, 0, 365),
    ];
}
