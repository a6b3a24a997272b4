using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>However many things there are to tell apart, metrics stay bounded.</summary>
public sealed partial class MetricViewsTests
{
    [Fact]
    public void a_metric_has_so_many_series_and_no_more()
    {
        var series = Collect("SoonShop.Test", meter =>
        {
            var counter = meter.CreateCounter<long>("things");
            for (var i = 0; i < 3 * MetricViews.MaxSeries; i++)
                counter.Add(1, new KeyValuePair<string, object?>("id", i));
        });
        Assert.InRange(series.Count, 2, MetricViews.MaxSeries + 1);
        Assert.Equal(3 * MetricViews.MaxSeries, series.Sum(s => s.Value));
        Assert.Contains(series, s => s.Labels.ContainsKey("otel.metric.overflow") && s.Value > MetricViews.MaxSeries);
    }

    [Fact]
    public void addresses_of_silos_and_servers_are_taken_off()
    {
        var pings = Collect("Microsoft.Orleans", meter =>
        {
            var counter = meter.CreateCounter<int>("orleans-messaging-pings-sent");
            counter.Add(1, new KeyValuePair<string, object?>("Destination", "S10.0.0.1:11111:1"));
            counter.Add(1, new KeyValuePair<string, object?>("Destination", "S10.0.0.2:11111:2"));
        });
        Assert.Equal(2, Assert.Single(pings).Value);
        var calls = Collect("System.Net.Http", meter =>
        {
            meter.CreateHistogram<double>("http.client.request.duration", "s")
                .Record(0.1, [new("http.request.method", "POST"), new("server.address", "hook.example")]);
            meter.CreateHistogram<double>("http.client.connection.duration", "s").Record(0.1, [new("network.peer.address", "203.0.113.7")]);
        });
        Assert.Equal(["http.request.method"], Assert.Single(calls).Labels.Keys);
    }

    [Fact]
    public void of_Orleans_what_the_page_about_metrics_names_is_kept_and_no_more()
    {
        using var meter = new Meter("Microsoft.Orleans");
        bool IsKept(string name) => MetricViews.Of(meter.CreateCounter<int>(name)) != MetricStreamConfiguration.Drop;

        var named = OrleansMetric().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "METRICS.md")))
            .Select(m => m.Groups["name"].Value.Replace('_', '-')).Distinct().ToList();

        Assert.InRange(named.Count, 25, 100);
        Assert.All(named, name => Assert.True(IsKept(name), name));
        Assert.False(IsKept("orleans-directory-lookups-local-issued"));
    }

    private static List<(Dictionary<string, object?> Labels, double Value)> Collect(string meterName, Action<Meter> measure)
    {
        var exporter = new Keep();
        using var meter = new Meter(meterName);
        // Of this test's meter alone: processes of other tests measure under the same names.
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meterName)
            .AddView(i => ReferenceEquals(i.Meter, meter) ? MetricViews.Of(i) : MetricStreamConfiguration.Drop)
            .AddReader(new BaseExportingMetricReader(exporter)).Build())
        {
            measure(meter);
            provider.ForceFlush();
        }
        return exporter.Series;
    }

    /// <summary>A metric's name without what the exporter adds.</summary>
    [GeneratedRegex("`(?<name>orleans_[a-z_]+?)(_bytes|_milliseconds|_megabytes)?(_total)?`")]
    private static partial Regex OrleansMetric();

    private sealed class Keep : BaseExporter<Metric>
    {
        public List<(Dictionary<string, object?> Labels, double Value)> Series { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            Series.Clear();
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var labels = new Dictionary<string, object?>();
                    foreach (var (name, value) in point.Tags)
                        labels.Add(name, value);
                    Series.Add((labels, metric.MetricType == MetricType.Histogram ? point.GetHistogramCount() : point.GetSumLong()));
                }
            }
            return ExportResult.Success;
        }
    }
}
