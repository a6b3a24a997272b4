namespace SoonShop.Tests.Faults;

/// <summary>
/// Two silos and two front ends under load, and each of them killed in turn. For figures over a longer time:
/// <c>./test.sh soak FailoverSoak</c>
/// </summary>
[Collection(nameof(Faults))]
public sealed class FailoverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task two_silos_and_two_front_ends_lose_one_of_each_under_load_and_no_acknowledged_request_is_lost()
    {
        await using var failover = await Failover.StartAsync(clients: 6);
        await failover.KillAsync("a front end", failover.KillFrontEndAsync);
        await failover.KillAsync("a silo", failover.KillSiloAsync);
        output.WriteLine(await failover.EndAsync());
    }
}

/// <summary>The same, longer, harder, and with more clients. <c>./test.sh soak FailoverSoak</c></summary>
[Collection(nameof(Faults))]
public sealed class FailoverSoak(ITestOutputHelper output)
{
    private const int Rounds = 3;

    [Fact(Explicit = true)]
    public async Task silos_and_front_ends_die_and_come_back_in_turn()
    {
        await using var failover = await Failover.StartAsync(clients: 16);
        for (var round = 0; round < Rounds; round++)
        {
            await failover.KillAsync("a front end", failover.KillFrontEndAsync);
            await failover.KillAsync("a silo", failover.KillSiloAsync);
        }
        output.WriteLine(await failover.EndAsync());
    }
}
