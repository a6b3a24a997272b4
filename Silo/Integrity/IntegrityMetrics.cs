using System.Diagnostics.Metrics;

namespace SoonShop.Silo.Integrity;

/// <summary>What the last audit of the cluster has found, as meter <c>SoonShop.Integrity</c>; every silo tells the same.</summary>
internal sealed class IntegrityMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Integrity";

    private static readonly Dictionary<string, KeyValuePair<string, object?>[]> Labels = IntegrityCheck.All.ToDictionary(
        c => c.Name, c => new KeyValuePair<string, object?>[] { new("check", c.Name), new("promise", Promises.LabelOf(c.Promise)) });

    private (DateTimeOffset At, LastIntegrityCheck Audit)? last;
    private readonly Lock gate = new();

    /// <summary>Makes the meter's instruments.</summary>
    public IntegrityMetrics(IMeterFactory meters, TimeProvider time, IntegrityOptions options)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge<long>("soonshop.integrity.breaches", () => Last is { } found
            ? found.Audit.Breaches.Where(b => Labels.ContainsKey(b.Key)).Select(b => new Measurement<long>(b.Value, Labels[b.Key]))
            : [], "{row}", "Rows that break a promise, by check, as the last audit found them");
        meter.CreateObservableGauge<double>("soonshop.integrity.audit_age", () => Last is { } found
            ? [new Measurement<double>((time.GetUtcNow() - found.At).TotalSeconds)]
            : [], "s", "Since the last audit came to its end, or since there could have been one");
        meter.CreateObservableGauge<double>(
            "soonshop.integrity.audit_interval", () => TimeSpan.FromMinutes(options.EveryMinutes).TotalSeconds, "s", "From the end of one audit to the next; 0 for none but those by hand");
        meter.CreateObservableGauge<int>("soonshop.integrity.audit_failed", () => Last is { } found
            ? [new Measurement<int>(found.Audit.Failed ? 1 : 0)]
            : [], null, "1 while the last try came to no end, or could not make every check");
        meter.CreateObservableGauge<int>("soonshop.integrity.check_failed", () => Last is { } found
            ? found.Audit.Breaches.Keys.Where(Labels.ContainsKey).Select(check => new Measurement<int>(found.Audit.FailedChecks.Contains(check) ? 1 : 0, Labels[check]))
            : [], null, "1 while the last audit could not make this check, and what is told of it is older");
    }

    private (DateTimeOffset At, LastIntegrityCheck Audit)? Last
    {
        get { lock (gate) return last; }
    }

    /// <summary>The last audit ended at this time.</summary>
    public void Found(DateTimeOffset at, LastIntegrityCheck audit)
    {
        lock (gate)
            last = (at, audit);
    }
}
