using System.Diagnostics;
using OpenTelemetry;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Takes secrets and personal data out of spans before they leave: messages of exceptions, and keys of grains that are addresses.</summary>
internal sealed class SpanRedaction : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, object?>>? changed = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && Redaction.Of(text) is var redacted && !ReferenceEquals(redacted, text))
                (changed ??= []).Add(new(tag.Key, redacted));
        }
        foreach (var (name, value) in changed ?? [])
            data.SetTag(name, value);
        if (data.StatusDescription is { } description)
            data.SetStatus(data.Status, Redaction.Of(description));
    }
}
