using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Privacy;

namespace SoonShop.Silo.RabbitMq;

/// <summary>A message for the exchange.</summary>
internal readonly record struct OutgoingMessage(string RoutingKey, BasicProperties Properties, ReadOnlyMemory<byte> Body);

/// <summary>
/// Converts events to messages by the AMQP binding of CloudEvents 1.0 in binary mode: the attributes are headers, the data is the body.
/// Secrets are never published.
/// </summary>
internal sealed class OutgoingMessages(RabbitMqOptions options, EventTypes types, PersonalData personal)
{
    private readonly FrozenDictionary<string, bool> personalTypes =
        types.All.ToFrozenDictionary(t => t.Key, t => personal.IsBorneBy(t.Key));

    /// <summary>Converts an event of a type that this version knows.</summary>
    public OutgoingMessage Of(EventRow e)
    {
        var headers = new Dictionary<string, object?>(16)
        {
            [CloudEventHeaders.SpecVersion] = CloudEventHeaders.Version,
            [CloudEventHeaders.Id] = e.Id,
            [CloudEventHeaders.Source] = e.Source,
            [CloudEventHeaders.Type] = e.Type,
            [CloudEventHeaders.Subject] = e.Subject,
            [CloudEventHeaders.Time] = e.Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            [CloudEventHeaders.PartitionKey] = e.Key,
            [CloudEventHeaders.Sequence] = e.Sequence.ToString(CultureInfo.InvariantCulture),
        };
        Add(headers, CloudEventHeaders.CorrelationId, e.CorrelationId);
        Add(headers, CloudEventHeaders.CausationId, e.CausationId);
        Add(headers, CloudEventHeaders.TraceParent, e.TraceParent);
        var properties = new BasicProperties
        {
            MessageId = e.Id,
            Type = e.Type,
            ContentType = CloudEventHeaders.Json,
            DeliveryMode = DeliveryModes.Persistent,
            Timestamp = new AmqpTimestamp(e.Time.ToUnixTimeSeconds()),
            AppId = "soonshop",
            Headers = headers,
        };
        return new OutgoingMessage(e.Type, properties, DataOf(e));
    }

    private byte[] DataOf(EventRow e)
    {
        if (!personalTypes[e.Type])
            return e.Data!;
        var data = JsonNode.Parse(e.Data)!;
        data = options.IncludePersonalData ? personal.EraseSecrets(e.Type, data) : personal.Remove(e.Type, data);
        return System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(data);
    }

    private static void Add(Dictionary<string, object?> headers, string name, string? value)
    {
        if (value is not null)
            headers[name] = value;
    }
}
