using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Keeps what is measured bounded: labels that grow with what comes and goes (addresses of silos that were, of other people's servers) are
/// taken off, and no metric has more than so many series.
/// </summary>
public static class MetricViews
{
    /// <summary>Series of one metric in one process; what is beyond is counted under <c>otel_metric_overflow</c>.</summary>
    public const int MaxSeries = 1000;

    private static readonly double[] DatabaseSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    private static readonly string[] ClientRequestLabels = ["http.request.method", "http.response.status_code", "error.type"];

    private static readonly string[] MessageLabels = ["ConnectionDirection", "MessageDirection"];

    /// <summary>How an instrument is kept.</summary>
    public static MetricStreamConfiguration Of(Instrument instrument) => instrument switch
    {
        { Meter.Name: "System.Net.Http", Name: "http.client.request.duration" } => With(ClientRequestLabels),
        // Its other figures are by the address of the other side.
        { Meter.Name: "System.Net.Http" } => MetricStreamConfiguration.Drop,
        { Meter.Name: "Npgsql", Unit: "s" } => new ExplicitBucketHistogramConfiguration { Boundaries = DatabaseSeconds, CardinalityLimit = MaxSeries },
        // A silo that starts anew has a new address.
        { Meter.Name: "Microsoft.Orleans" } when instrument.Name.StartsWith("orleans-messaging-pings", StringComparison.Ordinal) => With([]),
        { Meter.Name: "Microsoft.Orleans", Name: "orleans-messaging-sent-messages-size" or "orleans-messaging-received-messages-size" } => With(MessageLabels),
        _ => new MetricStreamConfiguration { CardinalityLimit = MaxSeries },
    };

    private static MetricStreamConfiguration With(string[] labels) => new() { TagKeys = labels, CardinalityLimit = MaxSeries };
}
