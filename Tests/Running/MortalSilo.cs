using Microsoft.Extensions.Hosting;
using Npgsql;

namespace SoonShop.Tests.Running;

/// <summary>
/// A silo in the tests' process that can die as a process does. From its death on it reads and writes nothing in the database, also not
/// what waits in queues, calls no grain, and answers no call: who called waits until the cluster knows of the death.
/// </summary>
internal sealed class MortalSilo : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    /// <summary>The silo that runs what this flow of control belongs to.</summary>
    private static readonly AsyncLocal<MortalSilo?> Current = new();

    private readonly ShopCluster cluster;
    private readonly string connectionName;
    private readonly NpgsqlDataSource database;

    /// <summary>
    /// Completed when the silo has stopped and can send no answer. The silo is only disposed when its stateless workers have no call left.
    /// </summary>
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int deaths;

    public MortalSilo(ShopCluster cluster, string name, string connectionName, NpgsqlDataSource database, IHostApplicationLifetime lifetime)
    {
        (this.cluster, Name, this.connectionName, this.database) = (cluster, name, connectionName, database);
        lifetime.ApplicationStopped.Register(() => stopped.TrySetResult());
    }

    /// <summary>Its name in the cluster, which the silo that replaces it inherits.</summary>
    public string Name { get; }

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
            await LeaveUnansweredAsync();
        Current.Value = this;
        try
        {
            await context.Invoke();
        }
        catch when (IsDead)
        {
            // Its caller learns of the death, and of nothing else.
        }
        if (IsDead)
            await LeaveUnansweredAsync();
    }

    private async Task LeaveUnansweredAsync()
    {
        await stopped.Task;
        throw new SiloDiedException();
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
