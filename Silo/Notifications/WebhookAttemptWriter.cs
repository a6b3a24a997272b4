using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Writes attempts to post events to their log, twice a second and when the silo stops. A silo that dies loses the last ones; the events
/// themselves are not lost.
/// </summary>
internal sealed partial class WebhookAttemptWriter(
    WebhookAttempts attempts, WebhookDeliveryLog deliveries, ILogger<WebhookAttemptWriter> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the last write may take.</summary>
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        while (await timer.TickAsync(stoppingToken))
            await WriteAsync(stoppingToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = new CancellationTokenSource(LastWrite);
        await WriteAsync(limit.Token);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var (taken, dropped) = attempts.Take();
        if (dropped > 0)
            LogDropped(log, dropped);
        if (taken.Count == 0)
            return;
        try
        {
            await deliveries.AddAsync(taken, cancellation);
        }
        catch (Exception e)
        {
            attempts.Restore(taken);
            if (e is not OperationCanceledException)
                LogFailure(log, e.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Attempts to post to webhook endpoints could not be logged; they are tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} attempts to post to webhook endpoints are missing in their log, because the database did not keep up.")]
    private static partial void LogDropped(ILogger log, int count);
}
