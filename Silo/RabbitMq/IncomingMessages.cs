using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// Reads messages of other systems: CloudEvents 1.0 in binary mode, of types that are <see cref="IIncomingEvent"/>. Source and id of a
/// message make the event's id, so a repeated message is the same event.
/// </summary>
internal sealed class IncomingMessages(RabbitMqOptions options, EventTypes types, TimeProvider time)
{
    /// <summary>
    /// The source of events that came through the inbox. No grain has it, so no message can take the id of a grain's event.
    /// </summary>
    private const string Source = "/inbox";

    private const int MaxAttribute = 250;

    /// <summary>How far the time of an event can be before its arrival.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Type> accepted =
        types.All.Where(t => t.Value.IsAssignableTo(typeof(IIncomingEvent))).ToDictionary(t => t.Key, t => t.Value);

    /// <summary>Returns the event; or says why the message cannot be accepted, now or ever.</summary>
    public bool TryRead(IncomingMessage message, [NotNullWhen(true)] out EventEnvelope? envelope, [NotNullWhen(false)] out string? problem)
    {
        envelope = null;
        problem = Read(message, out var attributes, out var e);
        if (problem is not null)
            return false;
        var stream = e!.Stream!.Value;
        envelope = new EventEnvelope(
            $"{Source}#{Deterministic.Id(attributes.Source, attributes.Id):N}", $"{Source}/{attributes.Source.TrimStart('/')}", 0, e.Type,
            stream.Key, stream.Namespace, stream.Key, attributes.Time, null, attributes.CorrelationId, attributes.Id,
            attributes.TraceParent, e);
        return true;
    }

    private string? Read(IncomingMessage message, out Attributes attributes, out IIncomingEvent? e)
    {
        (attributes, e) = (default, null);
        if (message.Body is not { } body)
            return $"it has more than {options.MaxMessageBytes} bytes";
        if (message.Properties.ContentType is { Length: > 0 } type
            && !type.StartsWith(CloudEventHeaders.Json, StringComparison.OrdinalIgnoreCase))
            return $"its content type is not {CloudEventHeaders.Json}";
        var headers = message.Properties.Headers ?? new Dictionary<string, object?>();
        if (TextOf(headers, CloudEventHeaders.SpecVersion) != CloudEventHeaders.Version)
            return $"its header {CloudEventHeaders.SpecVersion} is not {CloudEventHeaders.Version}";
        foreach (var name in (string[])[CloudEventHeaders.Id, CloudEventHeaders.Source, CloudEventHeaders.Type])
        {
            if (TextOf(headers, name) is not { Length: > 0 and <= MaxAttribute } text || text.Any(char.IsControl))
                return $"its header {name} must be 1–{MaxAttribute} characters without control characters";
        }
        var eventType = TextOf(headers, CloudEventHeaders.Type)!;
        if (!accepted.TryGetValue(eventType, out var contract))
            return $"its type is none of {string.Join(", ", accepted.Keys.Order(StringComparer.Ordinal))}";
        attributes = new Attributes(
            TextOf(headers, CloudEventHeaders.Id)!, TextOf(headers, CloudEventHeaders.Source)!, TimeOf(headers),
            OptionalOf(headers, CloudEventHeaders.CorrelationId), OptionalOf(headers, CloudEventHeaders.TraceParent));
        try
        {
            e = JsonSerializer.Deserialize(body, contract, StateJson.Options) as IIncomingEvent;
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            return $"its body is not a valid {eventType}: {failure.Message}";
        }
        return e is null ? "its body is null" : e.Problem();
    }

    /// <summary>
    /// Returns the sender's time, as far as it is in the last hour. The shop keeps events by their time, so an event that arrives must not
    /// be older than its arrival by more than that, or younger.
    /// </summary>
    private DateTimeOffset TimeOf(IDictionary<string, object?> headers)
    {
        var now = time.GetUtcNow();
        var sent = Find(headers, CloudEventHeaders.Time) switch
        {
            AmqpTimestamp stamp when stamp.UnixTime is > 0 and < 253_402_300_800 => DateTimeOffset.FromUnixTimeSeconds(stamp.UnixTime),
            { } value when DateTimeOffset.TryParse(Text(value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) =>
                at,
            _ => now,
        };
        return sent > now ? now : sent < now - MaxAge ? now - MaxAge : sent;
    }

    private static string? OptionalOf(IDictionary<string, object?> headers, string name) =>
        TextOf(headers, name) is { Length: > 0 and <= MaxAttribute } text && !text.Any(char.IsControl) ? text : null;

    private static string? TextOf(IDictionary<string, object?> headers, string name) => Text(Find(headers, name));

    private static object? Find(IDictionary<string, object?> headers, string name) =>
        headers.TryGetValue(name, out var value) || headers.TryGetValue(CloudEventHeaders.OtherNameOf(name), out value) ? value : null;

    private static string? Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        string text => text,
        _ => null,
    };

    private readonly record struct Attributes(string Id, string Source, DateTimeOffset Time, string? CorrelationId, string? TraceParent);
}

/// <summary>A message of the inbox.</summary>
/// <param name="Tag">By which it is acknowledged on its channel.</param>
/// <param name="Properties">Its properties and headers.</param>
/// <param name="Body">Its body; null when it is too large.</param>
internal sealed record IncomingMessage(ulong Tag, IReadOnlyBasicProperties Properties, byte[]? Body);
