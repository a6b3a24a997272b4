using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>What is logged once: bounded, redacted, and with whom and what it belongs to.</summary>
internal sealed class LogLine
{
    private const int MaxMessage = 8 * 1024;
    private const int MaxException = 16 * 1024;
    private const int MaxValue = 2 * 1024;
    private const int MaxProperties = 30;

    /// <summary>Shorter values of private names stand in too many places for something else.</summary>
    private const int MinPrivate = 4;

    /// <summary>Holds the message's template.</summary>
    private const string Template = "{OriginalFormat}";

    public DateTimeOffset At { get; } = DateTimeOffset.UtcNow;

    public required LogLevel Level { get; init; }

    public required string Category { get; init; }

    public required string? Event { get; init; }

    public required string Message { get; init; }

    public required string? Exception { get; init; }

    /// <summary>The trace of the request that it belongs to.</summary>
    public required string? TraceId { get; init; }

    public required string? SpanId { get; init; }

    /// <summary>Who sent the request: see <see cref="SoonShop.Auditing.Actors"/>.</summary>
    public required string? Actor { get; init; }

    /// <summary>Names and values of the message and of what is going on around it. Text, numbers and booleans.</summary>
    public required List<KeyValuePair<string, object?>> Properties { get; init; }

    /// <summary>A line from what a logger was given.</summary>
    /// <param name="entry">What it was given.</param>
    /// <param name="scopes">What is going on around it.</param>
    /// <param name="actor">Who sent the request.</param>
    /// <param name="redacts">False shows everything.</param>
    public static LogLine Of<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, string? actor, bool redacts)
    {
        var message = entry.Formatter(entry.State, entry.Exception) ?? "";
        var properties = new List<KeyValuePair<string, object?>>();
        scopes?.ForEachScope(static (scope, into) => Add(into, scope as IEnumerable<KeyValuePair<string, object?>>), properties);
        // Of scopes the nearest counts, and the message's own more than those.
        Add(properties, entry.State as IEnumerable<KeyValuePair<string, object?>>);
        if (redacts)
            message = Redact(message, properties);
        var span = Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current : null;
        return new LogLine
        {
            Level = entry.LogLevel,
            Category = entry.Category,
            Event = entry.EventId.Name,
            Message = Bounded(message, MaxMessage, redacts),
            Exception = entry.Exception is { } exception ? Bounded(exception.ToString(), MaxException, redacts) : null,
            // A span that is not recorded may have no more to do with its request than its place in time.
            TraceId = span is { Recorded: true } ? span.TraceId.ToString() : RequestContext.Get(RequestKeys.CorrelationId) as string ?? span?.TraceId.ToString(),
            SpanId = span is { Recorded: true } ? span.SpanId.ToString() : null,
            Actor = actor,
            Properties = properties,
        };
    }

    private static void Add(List<KeyValuePair<string, object?>> properties, IEnumerable<KeyValuePair<string, object?>>? values)
    {
        foreach (var (name, value) in values ?? [])
        {
            if (name == Template)
                continue;
            properties.RemoveAll(p => p.Key == name);
            if (properties.Count < MaxProperties)
                properties.Add(new(name, Plain(value)));
        }
    }

    /// <summary>Leaves private values out of the properties, and out of the message that was made of them.</summary>
    private static string Redact(string message, List<KeyValuePair<string, object?>> properties)
    {
        for (var i = 0; i < properties.Count; i++)
        {
            var (name, value) = properties[i];
            if (value is not string text)
                continue;
            if (Redaction.IsPrivate(name))
            {
                if (text.Length >= MinPrivate)
                    message = message.Replace(text, "[redacted]", StringComparison.Ordinal);
                properties[i] = new(name, "[redacted]");
            }
            else
            {
                properties[i] = new(name, Redaction.Of(text));
            }
        }
        return message;
    }

    private static object? Plain(object? value) => value switch
    {
        null or bool or byte or short or int or long or uint or float or double or decimal => value,
        string text => Cut(text, MaxValue),
        IFormattable formattable => Cut(formattable.ToString(null, CultureInfo.InvariantCulture), MaxValue),
        System.Collections.IEnumerable list => Cut(string.Join(", ", list.Cast<object?>().Take(MaxProperties)), MaxValue),
        _ => Cut(value.ToString() ?? "", MaxValue),
    };

    /// <summary>Cut first: a pattern must not spend long on what is not shown. What a cut takes the end of could be part of a secret, so some more goes.</summary>
    private static string Bounded(string text, int max, bool redacts) => redacts ? Redaction.Of(Cut(text, max)) : Cut(text, max);

    private static string Cut(string text, int max) => text.Length <= max ? text : $"{text.AsSpan(0, max)}… ({text.Length} characters)";
}
