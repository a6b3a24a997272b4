using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Writes one JSON object per line.</summary>
internal sealed class JsonLogFormatter(LogSettings settings, ILogActor? actor = null) : ShopLogFormatter(FormatName, settings, actor)
{
    public const string FormatName = "soonshop-json";

    /// <summary>The output is a log and not a page, so characters that are special only in HTML are not escaped.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    protected override void Write(LogLine line, TextWriter writer)
    {
        var bytes = buffer ??= new ArrayBufferWriter<byte>(1024);
        bytes.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", line.At.UtcDateTime);
            json.WriteString("level", line.Level.ToString().ToLowerInvariant());
            json.WriteString("service", Settings.Service);
            json.WriteString("category", line.Category);
            WriteIfAny(json, "event", line.Event);
            json.WriteString("message", line.Message);
            WriteIfAny(json, "traceId", line.TraceId);
            WriteIfAny(json, "spanId", line.SpanId);
            if (Guid.TryParse(line.Actor, out var user))
                json.WriteString("userId", user);
            else
                WriteIfAny(json, "actor", line.Actor);
            if (line.Properties.Count > 0)
                WriteProperties(json, line.Properties);
            WriteIfAny(json, "exception", line.Exception);
            json.WriteEndObject();
        }
        writer.WriteLine(Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    private static void WriteIfAny(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            json.WriteString(name, value);
    }

    private static void WriteProperties(Utf8JsonWriter json, List<KeyValuePair<string, object?>> properties)
    {
        json.WriteStartObject("properties");
        foreach (var (name, value) in properties)
        {
            json.WritePropertyName(name);
            // JSON has no numbers for these values, so they are written as text.
            if (value is double and (double.NaN or double.PositiveInfinity or double.NegativeInfinity) or float and (float.NaN
                or float.PositiveInfinity or float.NegativeInfinity))
                json.WriteStringValue(value.ToString());
            else
                JsonSerializer.Serialize(json, value);
        }
        json.WriteEndObject();
    }
}
