using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using SoonShop.ApiKeys;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Idempotency;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.RateLimits;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

/// <summary>What stays in memory, and for how long.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class ActivationTests(InProcessSilo silo)
{
    private static readonly Caller Stranger = new(null, null, false);

    [Fact]
    public async Task who_asks_for_ids_that_do_not_exist_leaves_no_activation_behind()
    {
        Type[] asked =
        [
            typeof(OrderGrain), typeof(PaymentGrain), typeof(CartGrain), typeof(ProductGrain), typeof(UserGrain), typeof(EmailGrain),
        ];
        var before = await CountAsync(asked);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            var id = Guid.NewGuid();
            Assert.True((await silo.Grains.GetGrain<IOrderGrain>(id).GetAsync(Stranger)).IsError);
            Assert.True((await silo.Grains.GetGrain<IPaymentGrain>(id).GetAsync(Stranger)).IsError);
            await silo.Grains.GetGrain<ICartGrain>(id).GetAsync(new Caller(null, id, false));
            Assert.True((await silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey($"NO-{n}")).GetAsync()).IsError);
            Assert.Null(await silo.Grains.GetGrain<IUserGrain>(id).GetErasureAsync());
            await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email($"{id:N}@example.com")).ForgotPasswordAsync();
        }));
        await Until.TrueAsync("those activations are gone", TimeSpan.FromSeconds(60), async () => await CountAsync(asked) <= before);
    }

    /// <summary>The count of failures is in memory alone.</summary>
    [Fact]
    public async Task who_guesses_at_an_address_that_nobody_has_waits_after_some_guesses()
    {
        var address = silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email($"{Guid.NewGuid():N}@example.com"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(ErrorCode.Unauthenticated, (await address.LoginAsync("guess after guess")).Error?.Code);
        Assert.Equal(ErrorCode.RateLimited, (await address.LoginAsync("guess after guess")).Error?.Code);
        Assert.Contains(address.GetGrainId(), (await StatisticsAsync()).Select(a => a.GrainId));
    }

    [Fact]
    public async Task what_exists_stays()
    {
        var sku = await silo.CreateProductAsync();
        var product = silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku));
        Assert.False((await product.GetAsync()).IsError);
        Assert.Contains(product.GetGrainId(), (await StatisticsAsync()).Select(a => a.GrainId));
    }

    [Fact]
    public void what_a_checkout_leaves_behind_is_collected_within_minutes()
    {
        static double Minutes(Type grain) => grain.GetCustomAttribute<CollectionAgeLimitAttribute>()?.Minutes
            ?? throw new InvalidOperationException($"{grain} has no limit of age.");

        Assert.All(
            [typeof(CheckoutTimeoutHandler), typeof(IdempotencyGrain), typeof(PaymentUpdateGrain),
             typeof(NotificationGrain), typeof(MailGrain), typeof(WebhookGrain)],
            grain => Assert.Equal(2, Minutes(grain)));
        var options = silo.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
        Assert.All([typeof(OrderGrain), typeof(PaymentGrain)], grain =>
            Assert.Equal(TimeSpan.FromSeconds(30), options.ClassSpecificCollectionAge[grain.FullName!]));
        Assert.True(options.CollectionQuantum <= TimeSpan.FromSeconds(15));
        Assert.Equal(5, Minutes(typeof(CartGrain)));
        // What strangers can reach by ids and addresses that they make up.
        Assert.All([typeof(EmailGrain), typeof(ApiKeyGrain), typeof(RateLimitGrain), typeof(MailLimitGrain)], grain =>
            Assert.Equal(2, Minutes(grain)));
        Assert.Equal(5, Minutes(typeof(UserGrain)));
    }

    private async Task<int> CountAsync(Type[] grains)
    {
        var names = grains.Select(g => g.FullName).ToHashSet();
        return (await StatisticsAsync()).Count(s => names.Contains(s.GrainType));
    }

    private Task<DetailedGrainStatistic[]> StatisticsAsync() => silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
}
