using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Silos of which one dies at a chosen point.</summary>
internal interface ICrashingSilos : IAsyncDisposable
{
    /// <summary>Chooses the point; null for none.</summary>
    Task ArmAsync(string? point);

    /// <summary>Waits until a silo died at the armed point.</summary>
    Task DeathAsync(TimeSpan limit);

    /// <summary>Starts another silo at the address of the dead one.</summary>
    Task ReplaceAsync();
}

/// <summary>Two silos in the tests' process.</summary>
internal sealed class SilosInProcess(ShopCluster cluster) : ICrashingSilos
{
    private MortalSilo? dead;

    public Task ArmAsync(string? point)
    {
        cluster.Arm(point);
        return Task.CompletedTask;
    }

    public async Task DeathAsync(TimeSpan limit) => dead = await cluster.DeathAsync(limit);

    public Task ReplaceAsync() => cluster.ReplaceAsync(dead!);

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}

/// <summary>One silo that is a process of its own, and ends as a process does.</summary>
internal sealed class SiloProcess(Shop shop, string armed) : ICrashingSilos
{
    private ShopProcess silo = null!;

    public static async Task<SiloProcess> StartAsync(Shop shop)
    {
        var armed = Path.Combine(Repository.TestData, $"crash-{Guid.NewGuid():N}");
        shop.Set(Aggregates.CrashPoint.Variable, armed);
        var process = new SiloProcess(shop, armed);
        await process.ReplaceAsync();
        return process;
    }

    public async Task ArmAsync(string? point)
    {
        if (point is null)
            File.Delete(armed);
        else
            await File.WriteAllTextAsync(armed, point);
    }

    public async Task DeathAsync(TimeSpan limit)
    {
        await silo.WaitForExitAsync(limit);
        Assert.Contains("Crash point", silo.Log, StringComparison.Ordinal);
    }

    /// <summary>Ends it as a power cut would.</summary>
    public Task KillAsync() => silo.KillAsync();

    public async Task ReplaceAsync() => silo = await shop.StartSiloProcessAsync();

    public ValueTask DisposeAsync()
    {
        File.Delete(armed);
        return ValueTask.CompletedTask;
    }
}
