using System.Diagnostics.Metrics;

namespace SoonShop.Silo.Telemetry;

/// <summary>Builds the measurements of observable instruments.</summary>
internal static class ObservableMetrics
{
    /// <summary>Returns measurements of known values. Before the values are known it returns none, because 0 would be wrong.</summary>
    public static IEnumerable<Measurement<T>> Of<TFigures, T>(TFigures? known, Func<TFigures, IEnumerable<Measurement<T>>> measure)
        where TFigures : class
        where T : struct =>
        known is null ? [] : measure(known);

    /// <summary>A value with one label.</summary>
    public static Measurement<T> Labelled<T>(T value, string label, string name)
        where T : struct => new(value, new KeyValuePair<string, object?>(label, name));
}
