using Npgsql;

namespace SoonShop.Tests.Running;

/// <summary>
/// A silo in the tests' process that can die as a process does. From its death on it reads and writes nothing in the database, also not
/// what waits in queues, calls no grain, and answers no call: who called waits until the cluster knows of the death.
/// </summary>
internal sealed class MortalSilo(ShopCluster cluster, string name, string connectionName, NpgsqlDataSource database)
    : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>The silo that runs what this flow of control belongs to.</summary>
    private static readonly AsyncLocal<MortalSilo?> Current = new();

    private int deaths;

    /// <summary>Its name in the cluster, which the silo that replaces it inherits.</summary>
    public string Name => name;

    private bool IsDead => Volatile.Read(ref deaths) > 0;

    /// <summary>What the code under test calls at each crash point.</summary>
    public static void Pass(string point) => Current.Value?.PassHere(point);

    /// <summary>Ends the connections to the database, and allows no more.</summary>
    public void CutOff()
    {
        database.Dispose();
        cluster.Disconnect(connectionName);
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (IsDead)
            await Never;
        Current.Value = this;
        try
        {
            await context.Invoke();
        }
        finally
        {
            if (IsDead)
                await Never;
        }
    }

    public Task Invoke(IOutgoingGrainCallContext context) => IsDead ? throw new SiloDiedException() : context.Invoke();

    private void PassHere(string point)
    {
        if (IsDead)
            throw new SiloDiedException();
        if (!cluster.IsFatal(point) || Interlocked.Increment(ref deaths) > 1)
            return;
        CutOff();
        cluster.Died(this);
        throw new SiloDiedException();
    }

    /// <summary>Stops the code that passes a point at which its silo died.</summary>
    private sealed class SiloDiedException : Exception;
}
