namespace SoonShop.Silo.RabbitMq;

/// <summary>Names of the headers that carry the attributes of a CloudEvent (AMQP protocol binding 1.0, section 3.1.3).</summary>
internal static class CloudEventHeaders
{
    /// <summary>The version of CloudEvents.</summary>
    public const string Version = "1.0";

    /// <summary>The content type of the data.</summary>
    public const string Json = "application/json";

    private const string Prefix = "cloudEvents:";

    /// <summary>The prefix for clients that cannot have a colon in a header's name; accepted, and not sent.</summary>
    public const string OtherPrefix = "cloudEvents_";

    /// <summary>Names of headers.</summary>
    public const string SpecVersion = Prefix + "specversion", Id = Prefix + "id", Source = Prefix + "source", Type = Prefix + "type",
        Subject = Prefix + "subject", Time = Prefix + "time", PartitionKey = Prefix + "partitionkey", Sequence = Prefix + "sequence",
        CorrelationId = Prefix + "correlationid", CausationId = Prefix + "causationid", TraceParent = Prefix + "traceparent";

    /// <summary>The other accepted name of a header.</summary>
    public static string OtherNameOf(string header) => OtherPrefix + header[Prefix.Length..];
}
