using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Counts warnings and errors.</summary>
internal sealed class LogMeter : ILoggerProvider, ILogger
{
    private readonly long[] counts = new long[LogLevel.Critical - LogLevel.Warning + 1];

    public LogMeter(IMeterFactory meters) => meters.Create(ProcessMetrics.MeterName).CreateObservableCounter(
        "soonshop.log.records", Observe, "{record}", "Lines logged as a warning or worse");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and <= LogLevel.Critical;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Interlocked.Increment(ref counts[logLevel - LogLevel.Warning]);
    }

    public void Dispose()
    {
        // Nothing to dispose: the meter factory disposes its meters.
    }

    private IEnumerable<Measurement<long>> Observe()
    {
        for (var level = LogLevel.Warning; level <= LogLevel.Critical; level++)
            yield return new Measurement<long>(
                Interlocked.Read(ref counts[level - LogLevel.Warning]), new KeyValuePair<string, object?>(
                    "level", level.ToString().ToLowerInvariant()));
    }
}
