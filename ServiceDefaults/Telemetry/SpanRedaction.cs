using System.Diagnostics;
using OpenTelemetry;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Removes secrets and personal data from spans before their export: messages of exceptions, grain keys that are addresses, and URLs of
/// other servers, whose path may be a secret.
/// </summary>
internal sealed class SpanRedaction : BaseProcessor<Activity>
{
    private const string Url = "url.full";

    private const string ExceptionType = "exception.type";

    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, object?>>? changed = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && Shown(data, tag.Key, text) is var shown && !ReferenceEquals(shown, text))
                (changed ??= []).Add(new(tag.Key, shown));
        }
        foreach (var (name, value) in changed ?? [])
            data.SetTag(name, value);
        foreach (ref var e in data.EnumerateEvents())
            e = Shown(e);
        if (data.StatusDescription is { } description)
            data.SetStatus(data.Status, Redaction.Of(description));
        data.DisplayName = Redaction.Of(data.DisplayName);
    }

    private static string Shown(Activity span, string name, string value) =>
        name == Url && span.Parent?.Source.Name != TelemetryHosting.PaymentSource && Uri.TryCreate(value, UriKind.Absolute, out var url)
            ? url.GetLeftPart(UriPartial.Authority)
            : Redaction.Of(value);

    /// <summary>Keeps only the type of an exception: message and stack may contain customers' text or a row of a table.</summary>
    private static ActivityEvent Shown(in ActivityEvent e)
    {
        var tags = new ActivityTagsCollection();
        foreach (ref readonly var tag in e.EnumerateTagObjects())
        {
            if (tag.Key == ExceptionType || !tag.Key.StartsWith("exception.", StringComparison.Ordinal))
                tags[tag.Key] = tag.Value is string text ? Redaction.Of(text) : tag.Value;
        }
        return new ActivityEvent(Redaction.Of(e.Name), e.Timestamp, tags);
    }
}
