using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Silo.Telemetry;

namespace SoonShop.Tests.Operations;

public sealed class DatabaseMetricsTests
{
    [Fact]
    public void whether_the_database_answers_is_not_a_matter_of_its_figures()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var metrics = new DatabaseMetrics(meters, new());
        Assert.Empty(Told(meters));
        metrics.Observe(answers: true);
        Assert.Equal([("soonshop.database.up", 1L)], Told(meters));
        metrics.Observe([new TableMetricsSample("event", 10, 2)]);
        metrics.Observe(answers: false);
        // What it said last stands.
        Assert.Equal(
            [("soonshop.database.table", 10L), ("soonshop.database.table.dead_rows", 2L), ("soonshop.database.up", 0L)],
            Told(meters).Order());
    }

    private static List<(string, long)> Told(IMeterFactory meters)
    {
        var told = new List<(string, long)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Scope == meters)
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => told.Add((instrument.Name, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }
}
