using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Metrics of every process besides .NET's own, as meter <c>SoonShop.Process</c>.</summary>
internal sealed class ProcessMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Process";

    public ProcessMetrics(IMeterFactory meters)
    {
        using var process = Process.GetCurrentProcess();
        var startedAt = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meters.Create(MeterName)
            .CreateObservableGauge("process.start_time", () => startedAt, "s", "When the process started, in seconds since 1970");
    }
}
