using Orleans.Concurrency;

namespace SoonShop.Health;

[StatelessWorker, Reentrant]
internal sealed class HealthGrain(IDatabaseHealth database) : Grain, IHealthGrain
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    async Task IHealthGrain.CheckAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await database.CheckAsync(timeout.Token);
        }
        catch (Exception e)
        {
            throw new UnavailableException(ErrorText.Of("error.database", "The database does not answer."), e);
        }
    }
}
