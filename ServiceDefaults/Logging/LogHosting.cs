using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Registers the logging of a process.</summary>
public static class LogHosting
{
    /// <summary>
    /// The most lines that wait for standard output. Further lines are dropped and their number is logged, so that a blocked output does
    /// not stop the shop.
    /// </summary>
    private const int MaxWaiting = 10_000;

    private const string HealthChecks = "Microsoft.Extensions.Diagnostics.HealthChecks";

    /// <summary>Logs to standard output with redaction: as JSON, or as text in development.</summary>
    public static ILoggingBuilder AddShopLogging(
        this ILoggingBuilder logging, string service, TelemetryOptions options, IHostEnvironment environment)
    {
        var format = options.LogFormat ?? (environment.IsDevelopment() ? LogFormat.Text : LogFormat.Json);
        // Lines contain their trace themselves; by default scopes would add it again.
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

    /// <summary>
    /// Does the same for a process with metrics in the cluster: lines are counted, and levels can be changed at run time.
    /// </summary>
    public static void AddShopLogging(this IHostApplicationBuilder builder, string service, TelemetryOptions options)
    {
        builder.Logging.AddShopLogging(service, options, builder.Environment);
        builder.Services.AddSingleton<ILoggerProvider, LogMeter>();
        // Counts warnings and errors at any log level. One category is excluded, because the shop logs failed requests itself, with their
        // cause.
        builder.Logging.AddFilter<LogMeter>(null, LogLevel.Warning)
            .AddFilter<LogMeter>("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None)
            // The response of a health check tells its result. In the log, each probe of a starting or stopping silo would be an error.
            .AddFilter<LogMeter>(HealthChecks, LogLevel.None).AddFilter(HealthChecks, LogLevel.None);
        var overrides = new LogLevelOverrides(builder.Configuration.GetSection(LogLevelOverrides.ConsoleLevels).GetChildren().Any());
        builder.Configuration.Add(overrides);
        builder.Services.AddSingleton(overrides).AddHostedService<LogLevelFollower>();
    }
}
