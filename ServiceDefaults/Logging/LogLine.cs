using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>A log line: bounded, redacted, and with its trace and actor.</summary>
internal sealed class LogLine
{
    private const int MaxMessage = 8 * 1024;
    private const int MaxException = 16 * 1024;
    private const int MaxValue = 2 * 1024;
    private const int MaxProperties = 30;

    /// <summary>The most elements of a list.</summary>
    private const int MaxElements = 1000;

    /// <summary>A length beyond that of secrets that patterns recognize.</summary>
    private const int Margin = 1024;

    /// <summary>Shorter private values are not removed from messages, because they occur in unrelated text.</summary>
    private const int MinPrivate = 4;

    /// <summary>The name of the message template among the values.</summary>
    private const string Template = "{OriginalFormat}";

    public DateTimeOffset At { get; } = DateTimeOffset.UtcNow;

    public required LogLevel Level { get; init; }

    public required string Category { get; init; }

    public required string? Event { get; init; }

    public required string Message { get; init; }

    public required string? Exception { get; init; }

    /// <summary>The trace of the request that the line belongs to.</summary>
    public required string? TraceId { get; init; }

    public required string? SpanId { get; init; }

    /// <summary>Who sent the request: see <see cref="SoonShop.Auditing.Actors"/>.</summary>
    public required string? Actor { get; init; }

    /// <summary>The names and values of the message and its scopes: text, numbers and booleans.</summary>
    public required List<KeyValuePair<string, object?>> Properties { get; init; }

    /// <summary>Creates a line from a log entry.</summary>
    /// <param name="entry">The log entry.</param>
    /// <param name="scopes">The scopes of the entry.</param>
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
            // A span that is not recorded may not be connected to its request.
            TraceId = span is { Recorded: true }
                ? span.TraceId.ToString()
                : RequestContext.Get(RequestKeys.CorrelationId) as string ?? span?.TraceId.ToString(),
            SpanId = span is { Recorded: true } ? span.SpanId.ToString() : null,
            Actor = actor,
            Properties = [.. values.Select(v => KeyValuePair.Create(v.Key, Shown(v.Key, v.Value, redacts)))],
        };
    }

    /// <summary>Returns names and values, limited in number: the message's own first, then those of the scopes, innermost first.</summary>
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

    /// <summary>Removes private values, as a whole, from the message that contains them.</summary>
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

    /// <summary>
    /// Returns a value as a message shows it, or each element of a list. Null when the list cannot be read because it is being modified.
    /// </summary>
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

    /// <summary>True for a value that must not be shown. Null and booleans may be shown: they only tell whether there is a value.</summary>
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

    /// <summary>
    /// Returns a value as text. Any logged object may fail to convert, and the code that logs must not fail because of that.
    /// </summary>
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
    /// Truncates a text before redaction, so that patterns do not spend long on text that is not shown. It first truncates to more than
    /// what is shown. A secret cut off at that point is not recognized by any pattern, so the surplus is removed as well.
    /// </summary>
    private static string Bounded(string text, int max, bool redacts)
    {
        var isCut = text.Length > max + Margin;
        var shown = redacts ? Redaction.Of(isCut ? text[..(max + Margin)] : text) : text;
        var length = Math.Min(max, isCut && redacts ? Math.Max(0, shown.Length - Margin) : shown.Length);
        return isCut || length < shown.Length ? $"{shown.AsSpan(0, length)}… ({text.Length} characters)" : shown;
    }
}
