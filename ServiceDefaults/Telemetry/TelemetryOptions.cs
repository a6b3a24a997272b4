using System.Net;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Configuration section <c>Telemetry</c>: what a process tells of itself. Both processes take the same section; each uses its part of it.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Telemetry";

    /// <summary>Where traces go, such as <c>http://collector:4317</c>; empty makes none.</summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>How they go there. <see cref="TraceProtocol.Http"/> adds <c>/v1/traces</c> to the endpoint.</summary>
    public TraceProtocol OtlpProtocol { get; set; } = TraceProtocol.Grpc;

    /// <summary>The part of requests that are traced, 0 to 1.</summary>
    public double TraceRatio { get; set; } = 0.1;

    /// <summary>How lines are logged; by default as text in development and as JSON elsewhere.</summary>
    public LogFormat? LogFormat { get; set; }

    /// <summary>The front end's port for <c>/metrics</c>, for those who watch; 0 serves it on the API's own address, to this machine alone.</summary>
    public int MetricsPort { get; set; }

    /// <summary>Where that port listens: an IP address of this machine, or <c>+</c> for all. No client of the shop's comes here.</summary>
    public string MetricsAddress { get; set; } = "127.0.0.1";

    /// <summary>How often a silo reads the figures that only the database knows.</summary>
    public double FiguresSeconds { get; set; } = 30;

    /// <summary>What the database's disk holds, for a metric that alerts compare with; 0 when it is not known.</summary>
    public double DatabaseCapacityGigabytes { get; set; }

    /// <summary>True when traces are made.</summary>
    public bool Traces => OtlpEndpoint.Length > 0;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Traces && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var endpoint) && endpoint is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "" }
            && !endpoint.AbsolutePath.TrimEnd('/').EndsWith("/v1/traces", StringComparison.OrdinalIgnoreCase)))
            yield return $"Telemetry:OtlpEndpoint is '{Redaction.Of(OtlpEndpoint)}'; set Telemetry__OtlpEndpoint to an address like http://collector:4317, without user, query or /v1/traces, or leave it empty.";
        if (TraceRatio is not (>= 0 and <= 1))
            yield return $"Telemetry:TraceRatio is {TraceRatio}; set Telemetry__TraceRatio to 0–1.";
        if (MetricsPort is < 0 or > 65535)
            yield return $"Telemetry:MetricsPort is {MetricsPort}; set Telemetry__MetricsPort to 1–65535, or to 0 for the API's own address.";
        if (MetricsAddress is not ("+" or "*") && !IPAddress.TryParse(MetricsAddress, out _))
            yield return $"Telemetry:MetricsAddress is '{MetricsAddress}'; set Telemetry__MetricsAddress to an IP address of this machine, or to + for all.";
        if (FiguresSeconds is not (>= 1 and <= 3600))
            yield return $"Telemetry:FiguresSeconds is {FiguresSeconds}; set Telemetry__FiguresSeconds to 1–3600.";
        if (DatabaseCapacityGigabytes is not (>= 0 and <= 1e9))
            yield return $"Telemetry:DatabaseCapacityGigabytes is {DatabaseCapacityGigabytes}; set Telemetry__DatabaseCapacityGigabytes to the size of the database's disk, or to 0.";
    }
}

/// <summary>How traces are sent.</summary>
public enum TraceProtocol
{
    /// <summary>OTLP over gRPC, usually port 4317.</summary>
    Grpc,

    /// <summary>OTLP as Protobuf over HTTP, usually port 4318.</summary>
    Http,
}

/// <summary>How lines are logged.</summary>
public enum LogFormat
{
    /// <summary>One JSON object a line, for machines.</summary>
    Json,

    /// <summary>One line of text, for people.</summary>
    Text,
}
