using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Takes traces as a collector does: OTLP, Protobuf over HTTP (opentelemetry.io/docs/specs/otlp).</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication app;

    private TraceCollector(WebApplication app, string url) => (this.app, Url) = (app, url);

    /// <summary>The endpoint for the shop's configuration.</summary>
    public string Url { get; }

    /// <summary>Everything that came.</summary>
    public ConcurrentQueue<Span> Spans { get; } = new();

    public static async Task<TraceCollector> StartAsync()
    {
        var (app, url) = LocalServer.Create();
        var collector = new TraceCollector(app, url);
        app.MapPost("/v1/traces", (RequestDelegate)collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    /// <summary>The spans of a trace so far.</summary>
    public Span[] Of(string traceId) => [.. Spans.Where(s => s.TraceId == traceId)];

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var resourceSpans in Fields(body.ToArray(), 1))
        {
            var service = Fields(resourceSpans, 1).SelectMany(r => Attributes(r, 1)).FirstOrDefault(a => a.Key == "service.name").Value
                ?? "";
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                Spans.Enqueue(new Span(
                    service, Hex(Fields(span, 1).First()), Hex(Fields(span, 2).First()), Hex(Fields(span, 4).FirstOrDefault([])),
                    Encoding.UTF8.GetString(Fields(span, 5).First()),
                    (SpanKind)Number(Fields(span, 6).FirstOrDefault([0])), Attributes(span, 9).ToDictionary()));
            }
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static IEnumerable<KeyValuePair<string, string>> Attributes(byte[] message, int field) =>
        Fields(message, field).Select(attribute => KeyValuePair.Create(
            Encoding.UTF8.GetString(Fields(attribute, 1).First()),
            Fields(attribute, 2).Select(value => Fields(value, 1).Select(
                Encoding.UTF8.GetString).FirstOrDefault() ?? $"{Number(Fields(value, 3).FirstOrDefault([0]))}").FirstOrDefault() ?? ""));

    /// <summary>The values of a field of a Protobuf message, as bytes.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int wanted)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var start = at;
            var length = (int)(tag & 7) switch
            {
                0 => Skip(message, at),
                1 => sizeof(ulong),
                2 => (int)Varint(message, ref start),
                5 => sizeof(uint),
                var type => throw new InvalidDataException($"Protobuf has no wire type {type} any more."),
            };
            at = start + length;
            if ((int)(tag >> 3) == wanted)
                yield return message[start..at];
        }
    }

    private static int Skip(byte[] message, int at)
    {
        var end = at;
        Varint(message, ref end);
        return end - at;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
                return value;
        }
    }

    private static ulong Number(byte[] bytes)
    {
        var at = 0;
        return bytes.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : Varint(bytes, ref at);
    }

    internal sealed record Span(
        string Service, string TraceId, string Id, string ParentId, string Name, SpanKind Kind, Dictionary<string, string> Attributes);

    /// <summary>As OTLP numbers them.</summary>
    internal enum SpanKind
    {
        Unspecified,
        Internal,
        Server,
        Client,
        Producer,
        Consumer,
    }
}
