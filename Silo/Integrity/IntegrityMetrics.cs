using System.Diagnostics.Metrics;

namespace SoonShop.Silo.Integrity;

/// <summary>What the last integrity check of the cluster found, as meter <c>SoonShop.Integrity</c>; every silo reports the same.</summary>
internal sealed class IntegrityMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Integrity";

    private static readonly Dictionary<string, KeyValuePair<string, object?>[]> Labels = IntegrityCheck.All.ToDictionary(
        c => c.Name, c => new KeyValuePair<string, object?>[] { new("check", c.Name), new("promise", Promises.LabelOf(c.Promise)) });

    private (DateTimeOffset At, LastIntegrityCheck Check)? last;
    private readonly Lock gate = new();

    /// <summary>Makes the meter's instruments.</summary>
    public IntegrityMetrics(IMeterFactory meters, TimeProvider time, IntegrityOptions options)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge<long>("soonshop.integrity.breaches", () => Last is { } found
            ? found.Check.Breaches.Where(b => Labels.ContainsKey(b.Key)).Select(b => new Measurement<long>(b.Value, Labels[b.Key]))
            : [], "{row}", "Rows that break a promise, by check, as found by the last integrity check");
        meter.CreateObservableGauge<double>("soonshop.integrity.audit_age", () => Last is { } found
            ? [new Measurement<double>((time.GetUtcNow() - found.At).TotalSeconds)]
            : [], "s", "Time since the last integrity check ended; before the first one, since the installation");
        meter.CreateObservableGauge<double>(
            "soonshop.integrity.audit_interval", () => TimeSpan.FromMinutes(options.EveryMinutes).TotalSeconds, "s",
            "Time from the end of one integrity check to the next; 0 if none is scheduled");
        meter.CreateObservableGauge<int>("soonshop.integrity.audit_failed", () => Last is { } found
            ? [new Measurement<int>(found.Check.Failed ? 1 : 0)]
            : [], null, "1 if the last integrity check failed or left out a check");
        meter.CreateObservableGauge<int>("soonshop.integrity.check_failed", () => Last is { } found
            ? found.Check.Breaches.Keys.Where(Labels.ContainsKey).Select(check =>
                new Measurement<int>(found.Check.FailedChecks.Contains(check) ? 1 : 0, Labels[check]))
            : [], null, "1 if this check failed in the last integrity check; its soonshop.integrity.breaches is then older");
    }

    private (DateTimeOffset At, LastIntegrityCheck Check)? Last
    {
        get { lock (gate) return last; }
    }

    /// <summary>Records the result of the check that ended at this time.</summary>
    public void Found(DateTimeOffset at, LastIntegrityCheck check)
    {
        lock (gate)
            last = (at, check);
    }
}
