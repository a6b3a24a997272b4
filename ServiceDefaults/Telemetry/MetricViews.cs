using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Keeps metrics bounded. Labels with unlimited values (addresses of former silos and of other servers) are removed, and no metric has more
/// than a fixed number of series. Of Orleans' instruments, only those on the metrics page are kept. The others are recorded several times
/// per call and activation, and nobody reads them.
/// </summary>
public static class MetricViews
{
    /// <summary>The most series of one metric in one process. Further ones are counted under <c>otel_metric_overflow</c>.</summary>
    public const int MaxSeries = 1000;

    private static readonly double[] DatabaseSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    private static readonly string[] ClientRequestLabels = ["http.request.method", "http.response.status_code", "error.type"];

    private static readonly string[] MessageLabels = ["ConnectionDirection", "MessageDirection"];

    /// <summary>Orleans' instruments that are kept.</summary>
    private static readonly FrozenSet<string> OfOrleans = FrozenSet.Create(
        "orleans-app-requests-latency", "orleans-app-requests-timedout", "orleans-app-requests-canceled",
        "orleans-catalog-activations", "orleans-catalog-activation-working-set", "orleans-catalog-activation-created",
        "orleans-catalog-activation-destroyed", "orleans-catalog-activation-failed-to-activate",
        "orleans-grains", "orleans-system-targets",
        "orleans-messaging-sent-messages-size", "orleans-messaging-received-messages-size", "orleans-messaging-sent-dropped",
        "orleans-messaging-sent-failed", "orleans-messaging-rejected", "orleans-messaging-rerouted", "orleans-messaging-expired",
        "orleans-messaging-pings-sent", "orleans-messaging-pings-reply-missed", "orleans-messaging-pings-reply-received",
        "orleans-gateway-connected-clients", "orleans-client-connected-gateways", "orleans-gateway-load-shedding",
        "orleans-networking-sockets-opened", "orleans-networking-sockets-closed",
        "orleans-scheduler-long-running-turns", "orleans-consistent-ring-size", "orleans-directory-cache-size",
        "orleans-directory-partition-size", "orleans-storage-read-latency", "orleans-storage-write-latency", "orleans-storage-read-errors",
        "orleans-storage-write-errors",
        "orleans-streams-persistent-stream-pulling-agents", "orleans-streams-persistent-stream-pubsub-cache-size",
        "orleans-watchdog-health-checks-failed", "orleans-runtime-available-memory", "orleans-runtime-total-physical-memory");

    /// <summary>Returns how an instrument is kept.</summary>
    public static MetricStreamConfiguration Of(Instrument instrument) => instrument switch
    {
        { Meter.Name: "System.Net.Http", Name: "http.client.request.duration" } => With(ClientRequestLabels),
        // The meter's other instruments have the server's address as a label.
        { Meter.Name: "System.Net.Http" } => MetricStreamConfiguration.Drop,
        { Meter.Name: "Npgsql", Unit: "s" } =>
            new ExplicitBucketHistogramConfiguration { Boundaries = DatabaseSeconds, CardinalityLimit = MaxSeries },
        { Meter.Name: "Microsoft.Orleans" } when !OfOrleans.Contains(instrument.Name) => MetricStreamConfiguration.Drop,
        // A restarted silo has a new address.
        { Meter.Name: "Microsoft.Orleans" } when instrument.Name.StartsWith("orleans-messaging-pings", StringComparison.Ordinal) =>
            With([]),
        { Meter.Name: "Microsoft.Orleans", Name: "orleans-messaging-sent-messages-size" or "orleans-messaging-received-messages-size" } =>
            With(MessageLabels),
        _ => new MetricStreamConfiguration { CardinalityLimit = MaxSeries },
    };

    private static MetricStreamConfiguration With(string[] labels) => new() { TagKeys = labels, CardinalityLimit = MaxSeries };
}
