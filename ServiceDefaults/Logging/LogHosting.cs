using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Logs of a process.</summary>
public static class LogHosting
{
    /// <summary>Lines that wait for the standard output; more are dropped, and their number is told: a log that nobody takes must not stop the shop.</summary>
    private const int MaxWaiting = 10_000;

    private const string HealthChecks = "Microsoft.Extensions.Diagnostics.HealthChecks";

    /// <summary>Logs to the standard output, redacted: as JSON, or in development as text.</summary>
    public static ILoggingBuilder AddShopLogging(this ILoggingBuilder logging, string service, TelemetryOptions options, IHostEnvironment environment)
    {
        var format = options.LogFormat ?? (environment.IsDevelopment() ? LogFormat.Text : LogFormat.Json);
        // Lines name their trace themselves; by default scopes would do so once more.
        logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.None);
        logging.ClearProviders().AddConsole(console =>
        {
            console.FormatterName = format == LogFormat.Json ? JsonLogFormatter.FormatName : TextLogFormatter.FormatName;
            console.MaxQueueLength = MaxWaiting;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        logging.Services.AddSingleton(new LogSettings(service, environment.IsDevelopment()))
            .AddSingleton<ConsoleFormatter, JsonLogFormatter>()
            .AddSingleton<ConsoleFormatter, TextLogFormatter>();
        return logging;
    }

    /// <summary>The same for a process that measures itself and belongs to the cluster: lines are counted, and levels can be changed while it runs.</summary>
    public static void AddShopLogging(this IHostApplicationBuilder builder, string service, TelemetryOptions options)
    {
        builder.Logging.AddShopLogging(service, options, builder.Environment);
        builder.Services.AddSingleton<ILoggerProvider, LogMeter>();
        // However little is written: what goes wrong is counted. Once: the shop logs failed requests itself, with their cause.
        builder.Logging.AddFilter<LogMeter>(null, LogLevel.Warning)
            .AddFilter<LogMeter>("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None)
            // Whoever asks how a silo is reads the answer; each probe of one that comes or goes would be an error.
            .AddFilter<LogMeter>(HealthChecks, LogLevel.None).AddFilter(HealthChecks, LogLevel.None);
        var overrides = new LogLevelOverrides(builder.Configuration.GetSection(LogLevelOverrides.ConsoleLevels).GetChildren().Any());
        builder.Configuration.Add(overrides);
        builder.Services.AddSingleton(overrides).AddHostedService<LogLevelFollower>();
    }
}
