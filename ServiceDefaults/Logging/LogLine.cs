using System.Collections;
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

    /// <summary>Of a list.</summary>
    private const int MaxElements = 1000;

    /// <summary>Longer than secrets are that give themselves away by their shape.</summary>
    private const int Margin = 1024;

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
        var values = ValuesOf(entry.State, scopes);
        var span = Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current : null;
        return new LogLine
        {
            Level = entry.LogLevel,
            Category = entry.Category,
            Event = entry.EventId.Name,
            Message = Bounded(redacts ? WithoutPrivate(MessageOf(entry), values) : MessageOf(entry), MaxMessage, redacts),
            Exception = entry.Exception is { } exception ? Bounded(TextOf(exception), MaxException, redacts) : null,
            // A span that is not recorded may have no more to do with its request than its place in time.
            TraceId = span is { Recorded: true } ? span.TraceId.ToString() : RequestContext.Get(RequestKeys.CorrelationId) as string ?? span?.TraceId.ToString(),
            SpanId = span is { Recorded: true } ? span.SpanId.ToString() : null,
            Actor = actor,
            Properties = [.. values.Select(v => KeyValuePair.Create(v.Key, Shown(v.Key, v.Value, redacts)))],
        };
    }

    /// <summary>Names and values, bounded in number: the message's own first, then those of what is going on around it, the nearest first.</summary>
    private static List<KeyValuePair<string, object?>> ValuesOf<TState>(TState state, IExternalScopeProvider? scopes)
    {
        var around = new List<IEnumerable<KeyValuePair<string, object?>>>();
        scopes?.ForEachScope(static (scope, into) =>
        {
            if (scope is IEnumerable<KeyValuePair<string, object?>> values)
                into.Insert(0, values);
        }, around);
        if (state is IEnumerable<KeyValuePair<string, object?>> own)
            around.Insert(0, own);
        var all = new List<KeyValuePair<string, object?>>();
        foreach (var value in around.SelectMany(values => values))
        {
            if (all.Count == MaxProperties)
                break;
            if (value.Key != Template && !all.Exists(v => v.Key == value.Key))
                all.Add(value);
        }
        return all;
    }

    /// <summary>Leaves private values, whole ones, out of the message that was made of them.</summary>
    private static string WithoutPrivate(string message, List<KeyValuePair<string, object?>> values)
    {
        foreach (var (name, value) in values)
        {
            if (!IsPrivate(name, value))
                continue;
            if (TextsOf(value) is not { } texts)
                return Redaction.Mark;
            foreach (var text in texts)
            {
                if (text.Length >= MinPrivate)
                    message = message.Replace(text, Redaction.Mark, StringComparison.Ordinal);
            }
        }
        return message;
    }

    /// <summary>A value as a message shows it, or each element of a list; null when the list cannot be read, because somebody changes it.</summary>
    private static string[]? TextsOf(object? value)
    {
        try
        {
            return value is IEnumerable list and not string ? [.. list.Cast<object?>().Take(MaxElements).Select(TextOf)] : [TextOf(value)];
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static object? Shown(string name, object? value, bool redacts) =>
        redacts && IsPrivate(name, value) ? Redaction.Mark
        : value is null or bool or byte or short or int or long or uint or float or double or decimal ? value
        : Bounded(TextOf(value), MaxValue, redacts);

    /// <summary>That there is none, or whether there is, may be told.</summary>
    private static bool IsPrivate(string name, object? value) => value is not (null or bool) && Redaction.IsPrivate(name);

    private static string MessageOf<TState>(in LogEntry<TState> entry)
    {
        try
        {
            return entry.Formatter(entry.State, entry.Exception) ?? "";
        }
        catch (Exception e)
        {
            return NotMade(e);
        }
    }

    /// <summary>Of what is logged anything may fail to be a text; the code that logs must not fail for it.</summary>
    private static string TextOf(object? value)
    {
        try
        {
            return value switch
            {
                string text => text,
                IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
                IEnumerable list => string.Join(", ", list.Cast<object?>().Take(MaxElements)),
                _ => value?.ToString() ?? "",
            };
        }
        catch (Exception e)
        {
            return NotMade(e);
        }
    }

    private static string NotMade(Exception e) => $"[no text: {e.GetType().Name}]";

    /// <summary>
    /// Cut first: a pattern must not spend long on what is not shown. But cut longer than what is shown: of a secret that the first cut takes the
    /// end of, no pattern knows the rest, so that goes as well.
    /// </summary>
    private static string Bounded(string text, int max, bool redacts)
    {
        var isCut = text.Length > max + Margin;
        var shown = redacts ? Redaction.Of(isCut ? text[..(max + Margin)] : text) : text;
        var length = Math.Min(max, isCut && redacts ? Math.Max(0, shown.Length - Margin) : shown.Length);
        return isCut || length < shown.Length ? $"{shown.AsSpan(0, length)}… ({text.Length} characters)" : shown;
    }
}
