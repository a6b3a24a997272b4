using System.Net;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Configuration section <c>Telemetry</c>: traces, metrics and logs. Silo and front end read the same section; each uses its part.
/// </summary>
public sealed class TelemetryOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// The URL of the OpenTelemetry collector, such as <c>http://collector:4317</c>, without user, query or <c>/v1/traces</c>. Empty: no
    /// traces.
    /// </summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>The protocol of the collector.</summary>
    public TraceProtocol OtlpProtocol { get; set; } = TraceProtocol.Grpc;

    /// <summary>The share of requests that are traced.</summary>
    public double TraceRatio { get; set; } = 0.1;

    /// <summary>The format of the log. By default text in Development, JSON elsewhere.</summary>
    public LogFormat? LogFormat { get; set; }

    /// <summary>
    /// Front end: the port of <c>/metrics</c>. With 0, the API's port serves it, to requests from this machine only. A silo uses
    /// <c>Silo:HttpPort</c>.
    /// </summary>
    public int MetricsPort { get; set; }

    /// <summary>
    /// Front end: the address on which that port listens: an IP address of this machine, or <c>+</c> for all. Keep it off networks that
    /// customers can reach.
    /// </summary>
    public string MetricsAddress { get; set; } = "127.0.0.1";

    /// <summary>Silo: the interval of the metric queries against the database, in seconds. They use at most 5 % of the time.</summary>
    public double FiguresSeconds { get; set; } = 30;

    /// <summary>Silo: the size of the database's disk in gigabytes, for alerts; 0 when it is not known.</summary>
    public double DatabaseCapacityGigabytes { get; set; }

    /// <summary>True when traces are recorded.</summary>
    public bool Traces => OtlpEndpoint.Length > 0;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Traces && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var endpoint)
            && endpoint is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "" }
            && !endpoint.AbsolutePath.TrimEnd('/').EndsWith("/v1/traces", StringComparison.OrdinalIgnoreCase)))
            yield return $"Telemetry:OtlpEndpoint is '{Redaction.Of(OtlpEndpoint)}'; set Telemetry__OtlpEndpoint to an address like "
                + "http://collector:4317, without user, query or /v1/traces, or leave it empty.";
        if (TraceRatio is not (>= 0 and <= 1))
            yield return $"Telemetry:TraceRatio is {TraceRatio}; set Telemetry__TraceRatio to 0–1.";
        if (MetricsPort is < 0 or > 65535)
            yield return $"Telemetry:MetricsPort is {MetricsPort}; set Telemetry__MetricsPort to 1–65535, or to 0 for the API's own "
                + "address.";
        if (MetricsAddress is not ("+" or "*") && !IPAddress.TryParse(MetricsAddress, out _))
            yield return $"Telemetry:MetricsAddress is '{MetricsAddress}'; set Telemetry__MetricsAddress to an IP address of this machine, "
                + "or to + for all.";
        if (FiguresSeconds is not (>= 1 and <= 3600))
            yield return $"Telemetry:FiguresSeconds is {FiguresSeconds}; set Telemetry__FiguresSeconds to 1–3600.";
        if (DatabaseCapacityGigabytes is not (>= 0 and <= 1e9))
            yield return $"Telemetry:DatabaseCapacityGigabytes is {DatabaseCapacityGigabytes}; set Telemetry__DatabaseCapacityGigabytes to "
                + "the size of the database's disk, or to 0.";
    }
}

/// <summary>How traces are sent.</summary>
public enum TraceProtocol
{
    /// <summary>OTLP over gRPC, usually port 4317.</summary>
    Grpc,

    /// <summary>OTLP over HTTP, usually port 4318. <c>/v1/traces</c> is added to the URL.</summary>
    Http,
}

/// <summary>How lines are logged.</summary>
public enum LogFormat
{
    /// <summary>One JSON object for each line.</summary>
    Json,

    /// <summary>Text for people.</summary>
    Text,
}
