using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using SoonShop.Aggregates;
using SoonShop.Pricing;
using SoonShop.Tests.Grains;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// A promotion's uses are counted once each, whatever dies. Callers of the grain ask again until they have an answer, as orders do.
/// </summary>
[Collection(nameof(Faults))]
public sealed class PromotionUsesFaultTests
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);
    private readonly string promotion = $"promotion-{Guid.NewGuid():N}";

    public static TheoryData<string> Points => [.. CrashPoint.Promotions];

    [Theory, MemberData(nameof(Points))]
    public async Task a_step_whose_silo_dies_is_made_once(string point)
    {
        await using var shop = await Shop.CreateAsync();
        await using var cluster = await ShopCluster.StartAsync(shop);
        using var client = await ConnectAsync(shop);
        var uses = client.Services.GetRequiredService<IGrainFactory>().GetGrain<IPromotionUsesGrain>(promotion);
        var use = PromotionUse.New(amount: 500, holders: [new("customer/ada", 1)]);
        var other = PromotionUse.New(holders: [new("customer/ada", 1)]);

        await DieAsync(() => AnswerAsync(again => uses.ReserveAsync(use with { Repeated = again })));
        await AssertUsedAsync(shop, uses, new PromotionUses(1, 0, [new BudgetUse("USD", 500, 0)]));
        Assert.True((await AnswerAsync(again => uses.ReserveAsync(other with { Repeated = again }))).IsError);

        await DieAsync(() => AnswerAsync(_ => uses.CommitAsync(use.ReservationId)));
        await AssertUsedAsync(shop, uses, new PromotionUses(0, 1, [new BudgetUse("USD", 0, 500)]));

        await DieAsync(() => AnswerAsync(_ => ReleaseAsync(uses, use.ReservationId)));
        await AssertUsedAsync(shop, uses, new PromotionUses(0, 0, [new BudgetUse("USD", 0, 0)]));
        Assert.False((await AnswerAsync(again => uses.ReserveAsync(other with { Repeated = again }))).IsError);

        async Task DieAsync(Func<Task<Result<Done>>> step)
        {
            cluster.Arm(point);
            var answer = step();
            var dead = await cluster.DeathAsync(AnswerLimit);
            cluster.Arm(null);
            await cluster.ReplaceAsync(dead);
            Assert.False((await answer).IsError);
        }
    }

    /// <summary>A client of the shop's cluster, as a front end has it.</summary>
    private static async Task<IHost> ConnectAsync(Shop shop)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client
            .UseAdoNetClustering(o => (o.Invariant, o.DataSource) = ("Npgsql", shop.Database))
            .UseConnectionRetryFilter(async (_, cancellation) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                return true;
            })
            .Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10))
            .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("soonshop", "soonshop")));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).EndsAsync("the start of a client", AnswerLimit);
        return host;
    }

    /// <summary>Asks until there is an answer.</summary>
    private static async Task<T> AnswerAsync<T>(Func<bool, Task<T>> ask)
    {
        var end = DateTime.UtcNow + AnswerLimit;
        for (var again = false; ; again = true)
        {
            try
            {
                return await ask(again);
            }
            catch (Exception) when (DateTime.UtcNow < end)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private static async Task<Result<Done>> ReleaseAsync(IPromotionUsesGrain uses, Guid id)
    {
        await uses.ReleaseAsync(id);
        return default(Done);
    }

    private async Task AssertUsedAsync(Shop shop, IPromotionUsesGrain uses, PromotionUses expected)
    {
        var used = await AnswerAsync(_ => uses.GetAsync());
        Assert.Equal((expected.Reserved, expected.Committed), (used.Reserved, used.Committed));
        Assert.Equal(expected.Budgets.Single(), used.Budgets.Single());
        await PromotionUse.AssertLedgerAsync(promotion, used, shop.QueryAsync<string>);
    }
}
