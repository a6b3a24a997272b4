using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>Warns in the log when the cluster's certificate expires soon, or when its files are invalid.</summary>
public sealed partial class ClusterCertificatesWatch(
    ClusterTlsOptions options, ClusterCertificates certificates, TimeProvider time,
    ILogger<ClusterCertificatesWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    /// <summary>How long before its expiry a certificate is reported.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            if (ClusterCertificates.Problem(options) is { } problem)
                LogUnusable(log, problem);
            if (certificates.ExpiresAt - time.GetUtcNow() < Soon)
                LogExpires(log, certificates.ExpiresAt);
        }
        while (await timer.TickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The files of ClusterTls are invalid, so the certificate loaded before stays in use: {Problem}")]
    private static partial void LogUnusable(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The certificate of ClusterTls expires at {At}. Put a new one into its files; no restart is needed.")]
    private static partial void LogExpires(ILogger log, DateTimeOffset at);
}
