using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Releases scheduled events when they are due by the database's clock. Runs on every silo; each event is released once.</summary>
internal sealed partial class DueEventReleaser(StreamDatabase database, IEventSignal signal, ILogger log) : IAsyncDisposable
{
    private const int BatchSize = 500;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Events that become due within this time are released together, because each release is a commit and every silo polls.
    /// </summary>
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            var pause = MaxPause;
            try
            {
                var (queues, released, next) = await database.ReleaseDueAsync(BatchSize, stopping.Token);
                signal.Raise(queues);
                if (released == BatchSize)
                    continue;
                if (next < pause)
                    pause = next.Value > MinPause ? next.Value : MinPause;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailure(log, e.Message);
            }
            await Task.Delay(pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scheduled events could not be released; retrying: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
